/** What was asked for on the command line cannot be done; the message says what is expected. */
export class UsageError extends Error {
  readonly code = 'bench-usage';
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

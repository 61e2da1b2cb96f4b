// The flags that say where Prometheus finds a command's metrics. `--metrics PORT` is another name of `--prometheus PORT`: of a
// run, whose `--metrics` names what is evaluated, an address is told from a name by its port.
import { hostAndPort } from '@lockstep/coordinator';
import { type Command, InvalidArgumentError, Option } from 'commander';

export interface MetricsFlags {
  /** `HOST:PORT`, or a port alone of this machine. */
  readonly prometheus?: string;
}

const FLAGS = '<[host:]port>';

/** Of a command whose `--metrics`, if it has one, takes names. */
export function addMetricsOptions(command: Command): void {
  const names = command.options.find((option) => option.attributeName() === 'metrics');
  command.addOption(
    new Option(
      `--prometheus ${FLAGS}`,
      'serve metrics to Prometheus at /metrics of this port, and probes at /livez and /readyz, without a token; 0 takes a free one. --metrics PORT is the same',
    ).argParser(address),
  );
  const take = (text: string): void => {
    command.setOptionValueWithSource('prometheus', address(text), 'cli');
  };
  if (names) takeAddresses(command, names, take);
  else {
    const other = new Option(`--metrics ${FLAGS}`, 'another name of --prometheus').argParser(take);
    command.addOption(other);
  }
}

/** Makes an option that takes names take addresses, too, one or the other each time that it is given. */
function takeAddresses(command: Command, names: Option, take: (text: string) => void): void {
  const parse = names.parseArg!;
  names.argParser((text: string, before: unknown) => {
    if (!/^(.*:)?\d+$/.test(text)) return parse(text, before);
    take(text);
    return before;
  });
  // Where nothing but an address was given, no names were; the parser of flags makes an empty text of that.
  command.hook('preAction', () => {
    if (command.getOptionValue('metrics') !== '') return;
    command.setOptionValueWithSource('metrics', undefined, undefined);
  });
}

/** As it is typed again. @throws InvalidArgumentError if it is none */
function address(text: string): string {
  addressOf(text);
  return text;
}

export function addressOf(text: string): { readonly host: string; readonly port: number } {
  const found = hostAndPort(text);
  if (typeof found !== 'string') return found;
  throw new InvalidArgumentError(found.replace('0.0.0.0:7071', '127.0.0.1:9464, or a port alone'));
}

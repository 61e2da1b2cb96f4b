// What a compute thread does that is only to show that it can be started. It knows no run.

/** @returns to whoever started it */
export function showUp(): void {}

export function checkMachineCode(assembly: string, arch: 'x64' | 'arm64'): void;
export function checkModule(bytes: Uint8Array): void;

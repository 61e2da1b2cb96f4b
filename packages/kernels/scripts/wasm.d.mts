export interface ModuleSummary {
  imports: { module: string; name: string; kind: string; shared?: boolean }[];
  exports: { name: string; kind: string }[];
  dataSegments: number;
  hasStart: boolean;
  simd: { opcode: number; offset: number }[];
}
export function readModule(bytes: Uint8Array): ModuleSummary;
export function checkKernelModule(bytes: Uint8Array): void;

// Which Node runs this, and on what.
import { oldNode } from '@lockstep/errors/node-version';
import { type Check, type Judgement, ok, problem } from '../check.js';

interface Runtime {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly arch: string;
}

export const node: Check = {
  id: 'node',
  title: 'Node',
  look() {
    const { versions, platform, arch } = process;
    return judgeNode({ node: versions.node, v8: versions.v8, platform, arch });
  },
};

export function judgeNode({ node: version, v8, platform, arch }: Runtime): Judgement {
  const found = `${version} (V8 ${v8}), ${platform}-${arch}`;
  const tooOld = oldNode(version);
  return tooOld === undefined ? ok(found) : problem(tooOld, 'install a newer one (nodejs.org)');
}

import { expect, test } from 'vitest';
import { Scope } from '../model/model.js';
import { Tensor } from '../model/tensor.js';
import { GraphBuilder } from '../transform/builder.js';
import { type GptOptions, gpt } from './gpt.js';

const SIZES = { vocabulary: 7, context: 5, layers: 2, heads: 2, size: 4 };

function traced(options: Partial<GptOptions> = {}, length = 5) {
  const builder = new GraphBuilder();
  const attributes = { shape: ['N' as const, length], vocabulary: 7 };
  const tokens = new Tensor(builder, builder.add('tokens', [], attributes));
  const output = gpt({ ...SIZES, ...options })(tokens, new Scope(builder));
  return { output, parameters: builder.parameters };
}

test('scores of every token at every position, of sequences up to the context', () => {
  expect(traced().output.shape).toEqual(['N', 5, 7]);
  expect(traced({}, 3).output.shape).toEqual(['N', 3, 7]);
  expect(() => traced({}, 6)).toThrow('T up to 5');
  expect(traced({ positions: 'rotary' }, 6).output.shape).toEqual(['N', 6, 7]);
});

test('names are those of the PyTorch module, and a tied head has none', () => {
  const names = traced().parameters.map(({ name }) => name);
  expect(names).toHaveLength(2 + 2 * 12 + 2 + 1);
  for (const name of ['embedding.weight', 'positions.weight', 'head.weight', 'blocks.norm.bias']) {
    expect(names).toContain(name);
  }
  expect(names).toContain('blocks.layers.1.self_attn.out_proj.weight');
  expect(traced({ tied: true }).parameters.map(({ name }) => name)).not.toContain('head.weight');
});

test('what is added to a block begins smaller, and biases are 0', () => {
  const init = (name: string) => traced().parameters.find((one) => one.name === name)?.init;
  expect(init('head.weight')).toMatchObject({ kind: 'normal', std: 0.02 });
  expect(init('blocks.layers.0.linear1.weight')).toMatchObject({ std: 0.02 });
  expect(init('blocks.layers.0.linear2.weight')).toMatchObject({ std: 0.01 });
  expect(init('blocks.layers.0.self_attn.out_proj.weight')).toMatchObject({ std: 0.01 });
  expect(init('blocks.layers.0.linear1.bias')).toEqual({ kind: 'zeros' });
});

test('what does not fit is refused by its name', () => {
  expect(() => gpt({ ...SIZES, size: 5 })).toThrow('cannot be cut into 2 heads');
  expect(() => gpt({ ...SIZES, vocabulary: 0 })).toThrow('gpt: vocabulary must be');
  expect(() => gpt({ ...SIZES, positions: 'none' as never })).toThrow('one of learnt, rotary');
  expect(() => gpt({ ...SIZES, layer: 1 } as never)).toThrow('layer');
});

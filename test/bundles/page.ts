// The page's program: it learns, loads the model that Node trained, and tells both to whoever served it.
import { answers, learn, load } from './flowers.js';

async function main(): Promise<object> {
  const learnt = await learn(await (await fetch('/iris.csv')).text());
  const model = new Uint8Array(await (await fetch('/model.safetensors')).arrayBuffer());
  return { learnt, answers: answers(load(model)), isIsolated: crossOriginIsolated };
}

main()
  .catch((error: Error) => ({ error: `${error.name}: ${error.message}` }))
  .then((body) => fetch('/told', { method: 'POST', body: JSON.stringify(body) }));

// Small files that others wait for, or must not read: nobody sees one half written, nor with other permissions than it is to have.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** @param mode permissions, such as 0o600; systems without them leave them out */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

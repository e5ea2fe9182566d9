import type {FileHandle} from 'node:fs/promises';

/** Copied at once: few system calls, little memory. */
const PIECE = 256 * 1024;

/** Append the bytes `from` to `to` of one file to another. */
export async function copyBytes(
  source: FileHandle,
  target: FileHandle,
  {from, to}: {readonly from: number; readonly to: number},
): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.min(PIECE, Math.max(0, to - from)));
  for (let at = from; at < to;) {
    const {bytesRead} = await source.read(piece, 0, Math.min(piece.length, to - at), at);
    // It became shorter: somebody emptied it.
    if (bytesRead === 0) return;
    await writeAll(target, piece.subarray(0, bytesRead), undefined);
    at += bytesRead;
  }
}

/** Up to `length` bytes at a place; fewer at the end of the file. */
export async function readBytes(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, length));
  let done = 0;
  while (done < bytes.length) {
    const {bytesRead} = await file.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Write all of it, at a place, or with `undefined` where the file stands. */
export async function writeAll(file: FileHandle, bytes: Buffer, at: number | undefined): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const {bytesWritten} = await file.write(
      bytes,
      done,
      bytes.length - done,
      at === undefined ? null : at + done,
    );
    done += bytesWritten;
  }
}

// Files to the server in pieces of a few megabytes, several small files in one request.
const PIECE = 6_000_000;

// files: [{name, file}]. post(path, body) -> the answer. progress(done, total) in bytes; stopped() ends it.
export async function send(files, name, post, progress, stopped) {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let [pieces, size, done] = [[], 0, 0];
  const flush = async () => {
    if (!pieces.length) return;
    const told = new TextEncoder().encode(JSON.stringify(pieces.map(({ number, name, at, part }) => ({ number, name, at, bytes: part.size }))));
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, told.length, true);
    await post(`pieces/${name}`, new Blob([length.buffer, told, ...pieces.map(({ part }) => part)]));
    done += size;
    [pieces, size] = [[], 0];
    progress(done, total);
  };
  for (const [number, { name: called, file }] of files.entries())
    for (let at = 0; at === 0 || at < file.size; at += PIECE) {
      if (stopped()) return false;
      const part = file.slice(at, at + PIECE);
      if (size + part.size > PIECE || pieces.length >= 500) await flush();
      pieces.push({ number, name: called, at, part });
      size += part.size;
    }
  await flush();
  return !stopped();
}

// The files of a drop, those of dropped folders with their paths.
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ name: file.name, file }));
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) found.push({ name: entry.fullPath.slice(1), file: await new Promise((got, failed) => entry.file(got, failed)) });
    else {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((got, failed) => reader.readEntries(got, failed));
        if (!some.length) break;
        for (const one of some) await walk(one);
      }
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
}

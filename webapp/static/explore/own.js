// What Python answers over HTTP: collections of one's own, tags, views, exports. An error is thrown as its text.
export class Own {
  constructor(base, language) {
    Object.assign(this, { base, language });
  }

  address(path, values = {}) {
    return `${this.base}/loupe/own/${path}?${new URLSearchParams({ lang: this.language(), ...values })}`;
  }

  async get(path) {
    return read(await fetch(this.address(path)));
  }

  async post(path, body, values) {
    for (;;) {
      const answer = await fetch(this.address(path, values), { method: "POST", body });
      if (answer.status !== 429) return read(answer);
      await pause(5000); // a public server takes so many requests a minute
    }
  }

  json(path, body, values) {
    return this.post(path, JSON.stringify(body), values);
  }

  async file(path, body) {
    const answer = await fetch(this.address(path), { method: "POST", body: JSON.stringify(body) });
    if ((answer.headers.get("content-type") ?? "").includes("json")) await read(answer);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.blob();
  }
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function read(answer) {
  if (!answer.ok) throw new Error((await answer.text()).trim() || String(answer.status));
  const told = await answer.json();
  if (told.error) throw new Error(told.error);
  return told;
}

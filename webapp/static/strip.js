// The input strip: the current picture, ways to change it, example chips for the sentence.

const MOST_BYTES = 20e6;

export function pictureUrl(base, reference) {
  return `${base}/loupe/picture/${encodeURIComponent(reference)}`;
}

export function mount(element, settings, trigger, see) {
  const {base, examples, chips} = settings;
  const root = element.querySelector(".strip-picture");
  root.innerHTML = `
    <button class="current" aria-label="Upload a picture" title="Drop, paste or choose a picture"><img alt=""></button>
    <div class="ways"><div class="hint"><span>Image</span> · <button class="choose">upload</button>,
      <span>drop, paste</span>, <button class="camera">camera</button></div><div class="row" role="group"></div></div>
    <input type="file" accept="image/*" hidden><div class="note" role="status"></div><div class="chips"></div>`;
  const [file, note, row] = [root.querySelector("input"), root.querySelector(".note"), root.querySelector(".row")];
  const say = (text) => { note.textContent = text; note.hidden = !text; };
  const choose = (reference) => { say(""); trigger("choose", {reference}); };

  for (const name of examples) {
    const button = document.createElement("button");
    button.className = "example";
    button.dataset.reference = `example:${name}`;
    button.setAttribute("aria-label", name);
    button.title = name;
    const image = document.createElement("img");
    image.src = pictureUrl(base, `example:${name}`);
    image.alt = "";
    button.append(image);
    button.onclick = () => choose(`example:${name}`);
    row.append(button);
  }
  for (const text of chips) {
    const chip = document.createElement("button");
    chip.className = "chip";
    chip.textContent = text;
    chip.dataset.say = text;
    root.querySelector(".chips").append(chip);
  }
  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("[data-say]");
    if (chip) trigger("say", {sentence: chip.dataset.say});
  });

  async function upload(blob) {
    if (blob.size > MOST_BYTES) return say("This picture is larger than 20 MB. Save it smaller and try again.");
    say("Uploading…");
    const where = `${base}/loupe/upload?lang=${document.documentElement.lang}`;
    const told = await fetch(where, {method: "POST", body: blob}).then((answer) => answer.json())
      .catch(() => ({error: "The upload did not arrive. Try again."}));
    if (told.error) say(told.error);
    else choose(told.reference);
  }
  const open = () => file.click();
  root.querySelector(".current").onclick = open;
  root.querySelector(".choose").onclick = open;
  file.onchange = () => { if (file.files[0]) upload(file.files[0]); file.value = ""; };
  root.querySelector(".camera").onclick = () => photograph(say).then((blob) => blob && upload(blob));
  document.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("over"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) root.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    root.classList.remove("over");
    const dropped = event.dataTransfer?.files[0];
    if (!dropped || event.target.closest(".own-drop")) return;
    event.preventDefault();  // a file dropped on a text field would be opened in place of the page
    upload(dropped);
  });
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])].find((item) => item.type.startsWith("image/"));
    if (pasted) { event.preventDefault(); upload(pasted); }
  });

  function show(reference) {
    const image = root.querySelector(".current img");
    image.src = pictureUrl(base, reference);
    image.onerror = () => say("This picture is no longer there. Choose or upload another one.");
    for (const button of row.children) button.setAttribute("aria-pressed", button.dataset.reference === reference);
  }
  say("");
  show(settings.reference);
  see(show);
}

// One frame of the camera as a JPEG; null where the reader closes it.
async function photograph(say) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({video: true});
  } catch {
    say("The camera could not be opened. Allow it in the browser, or upload a picture.");
    return null;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "camera-dialog";
  dialog.innerHTML = `<video autoplay playsinline muted></video><div><button class="take">Take the picture</button>
    <button class="close">Cancel</button></div>`;
  document.body.append(dialog);
  const video = dialog.querySelector("video");
  video.srcObject = stream;
  dialog.showModal();
  const taken = await new Promise((resolve) => {
    dialog.querySelector(".take").onclick = () => resolve(true);
    dialog.querySelector(".close").onclick = () => resolve(false);
    dialog.oncancel = () => resolve(false);
  });
  const canvas = Object.assign(document.createElement("canvas"), {width: video.videoWidth, height: video.videoHeight});
  if (taken) canvas.getContext("2d").drawImage(video, 0, 0);
  stream.getTracks().forEach((track) => track.stop());
  dialog.remove();
  return taken ? new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92)) : null;
}

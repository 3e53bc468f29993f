// Adds a Copy button where the page has a place for one. Without this file the page is whole: a click on
// a number selects all of it.
const copyText = async (source) => {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(source.textContent);
    return;
  }
  // Over plain HTTP the only way to the clipboard is through the selection.
  getSelection().selectAllChildren(source);
  if (!document.execCommand("copy")) throw new Error("not copied");
};

for (const place of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(place.dataset.copy);
  const button = document.createElement("button");
  const said = document.createElement("span");
  let timer;
  button.type = "button";
  button.textContent = "Copy";
  said.role = "status";
  place.append(button, said);
  button.addEventListener("click", async () => {
    try {
      await copyText(source);
      said.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      said.textContent = "Selected: copy it with your keyboard";
    }
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = ""), 3000);
  });
}

// Adds a Copy button to each element with `data-copy`. The page works without this script: a click on a
// number selects all of it.
const copyText = async (source) => {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(source.textContent);
    return;
  }
  // Over plain HTTP, there is no Clipboard API: copy the selection instead.
  getSelection().selectAllChildren(source);
  if (!document.execCommand("copy")) throw new Error("not copied");
};

for (const container of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(container.dataset.copy);
  const button = document.createElement("button");
  const status = document.createElement("span");
  let timer;
  button.type = "button";
  button.textContent = "Copy";
  status.role = "status";
  container.append(button, status);
  button.addEventListener("click", async () => {
    try {
      await copyText(source);
      status.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      status.textContent = "Selected: copy it with your keyboard";
    }
    clearTimeout(timer);
    timer = setTimeout(() => (status.textContent = ""), 3000);
  });
}

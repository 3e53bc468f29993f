// Adds the buttons Copy and Select all to each element with `data-copy`. The page works without this script.
const copyText = async (source) => {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(source.textContent);
    return;
  }
  // Over plain HTTP, there is no Clipboard API: copy the selection instead.
  getSelection().selectAllChildren(source);
  if (!document.execCommand("copy")) throw new Error("not copied");
};

const addButton = (container, label, action) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary";
  button.textContent = label;
  button.addEventListener("click", action);
  container.append(button);
};

for (const container of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(container.dataset.copy);
  const status = document.createElement("span");
  status.role = "status";
  let timer;
  addButton(container, "Copy", async () => {
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
  addButton(container, "Select all", () => getSelection().selectAllChildren(source));
  container.append(status);
}

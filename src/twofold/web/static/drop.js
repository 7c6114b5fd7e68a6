// Files that are dropped on the marked place go into its file field, as if they were chosen there.
for (const place of document.querySelectorAll("[data-drop]")) {
  const field = place.querySelector("input[type=file]");
  const mark = (over) => (event) => { event.preventDefault(); place.classList.toggle("over", over); };
  place.addEventListener("dragover", mark(true));
  place.addEventListener("dragleave", mark(false));
  place.addEventListener("drop", (event) => {
    mark(false)(event);
    field.files = event.dataTransfer.files;
  });
}

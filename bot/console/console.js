// What the console does better with JavaScript; without it every page works too.
"use strict";
(() => {  // of its own: it runs anew when what an upload brings takes the place of the page

// a build: how far it is, without loading the page again and again
const job = document.querySelector("[data-live]");
if (job) {
  const look = async () => {
    try {
      const answer = await fetch("/console/publish/progress", { headers: { Accept: "application/json" } });
      if (!answer.ok) { location.reload(); return; }
      const told = await answer.json();
      if (told.id !== job.dataset.job || !told.under_way) { location.reload(); return; }
      job.querySelector(".job-name").textContent = told.name;
      const step = job.querySelector(".job-step");
      if (step.textContent !== told.step) step.textContent = told.step;
      job.querySelector(".job-bar").value = told.percent;
    } catch { /* the server may be starting again: the next look tells */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 700);
}

// an upload: what is too large is told before it is sent, and files may be dropped on the form
for (const form of document.querySelectorAll("form[data-upload]")) {
  const field = form.querySelector("input[type=file]");
  const check = () => {
    const most = Number(field.dataset.mostMb), files = [...field.files];
    const large = files.filter((file) => file.size > most * 2 ** 20).map((file) => file.name);
    let fault = "";
    if (files.length > Number(field.dataset.most)) fault = `一度に選べるのは${field.dataset.most}個までです（${files.length}個あります）。`;
    if (large.length) fault = `${large.join("、")} は大きすぎます（上限 ${most}MB）。分けるか、小さく保存し直してください。`;
    field.setCustomValidity(fault);
    if (fault) field.reportValidity();
  };
  field.addEventListener("change", check);
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dropping");
    field.files = event.dataTransfer.files;
    check();
  });
}

// an upload tells how far it is; what comes back takes the place of the page
const send = (form, submitter) => {
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  const told = document.createElement("p");
  bar.setAttribute("aria-label", "送った割合");
  told.setAttribute("role", "status");
  submitter.after(bar, told);
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    told.textContent = loaded < total ? `送っています（${Math.floor((100 * loaded) / total)}%）` : "届いたファイルを読んでいます…";
  });
  request.addEventListener("load", () => {
    if (request.responseURL) history.replaceState(null, "", request.responseURL);
    document.open();
    document.write(request.responseText);
    document.close();
  });
  request.addEventListener("error", () => {
    bar.remove();
    told.textContent = "送れませんでした。通信を確かめて、もう一度押してください。選んだファイルはそのままです。";
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
};
for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form, event.submitter); });
}

// a form is sent once, however often it is clicked; what brings a file leaves the page as it is
for (const form of document.querySelectorAll("form[method=post]:not([data-download])")) {
  form.addEventListener("submit", () => {
    setTimeout(() => { for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true; });
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();

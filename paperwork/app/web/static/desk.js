// Put dropped files into the form's file input and submit it, as after choosing files. Everything else is done by htmx.
"use strict";

const dropFormOf = (target) => (target instanceof Element ? target.closest("form.drop") : null);

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const form = dropFormOf(event.target);
    document.querySelectorAll("form.drop.over").forEach((each) => each !== form && each.classList.remove("over"));
    event.preventDefault(); // otherwise a file dropped beside a form replaces the page
    if (!form) {
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
      return;
    }
    form.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      const input = form.querySelector("input[type=file]");
      input.files = event.dataTransfer.files;
      form.requestSubmit();
    }
  });
}

document.addEventListener("change", (event) => {
  const form = dropFormOf(event.target);
  if (form && event.target.files && event.target.files.length) form.requestSubmit();
});

const showAnswer = (words, kind) => {
  const answer = document.getElementById("answer");
  if (!answer) return;
  const notice = document.createElement("p");
  notice.className = `notice ${kind}`;
  notice.textContent = words;
  answer.replaceChildren(notice);
};

document.addEventListener("click", (event) => {
  if (event.target.matches("#answer .close")) document.getElementById("answer").replaceChildren();
});

// A pressed button disappears when its part is replaced. Keep the focus there; otherwise it moves to the top of the page.
let hadFocus = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "build") hadFocus = event.target.contains(document.activeElement);
});
document.addEventListener("htmx:afterSwap", () => {
  const build = document.getElementById("build");
  if (hadFocus && build && document.activeElement === document.body) build.focus({ preventScroll: true });
  hadFocus = false;
});

// Do not send what the server would refuse: it closes the connection during the upload, and the browser cannot show why.
document.addEventListener("htmx:confirm", (event) => {
  const form = dropFormOf(event.target);
  if (!form) return;
  const size = [...form.querySelector("input[type=file]").files].reduce((sum, file) => sum + file.size, 0);
  const most = Number(document.body.dataset.most);
  if (size <= most) return;
  event.preventDefault();
  form.reset();
  showAnswer(`一次最多放 ${Math.floor(most / 2 ** 20)} MB，请分几次放；更大的视频请直接复制到 inputs 文件夹`, "no");
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const { loaded, total, lengthComputable } = event.detail;
  if (lengthComputable && dropFormOf(event.target)) {
    showAnswer(loaded < total ? `正在放入：${Math.floor((loaded / total) * 100)}%` : "已收到，正在核对……", "wait");
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = dropFormOf(event.target);
  if (form) form.reset(); // without a reset, choosing the same file again raises no change event
});

document.addEventListener("htmx:sendError", (event) => {
  if (dropFormOf(event.target)) showAnswer("没有送到：页面服务没有回答。请看看它是不是还开着，再试一次", "no");
});

document.addEventListener("htmx:responseError", (event) => {
  if (!dropFormOf(event.target)) return;
  const reason = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector("p");
  showAnswer(reason ? reason.textContent : "没有收下，请再试一次", "no");
});

// The name of the person who decides is kept by the browser, for this tab only, and filled into the next form.
const REMEMBERED = "decider";
addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("input[data-remember]");
  if (field && !field.value) field.value = sessionStorage.getItem(REMEMBERED) || "";
});
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("input[data-remember]");
  if (field && field.value) sessionStorage.setItem(REMEMBERED, field.value);
});

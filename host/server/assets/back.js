// A page that answers a form stands where the form was sent to, and a browser that comes back there wants to send it once more, or
// says that it can't. So such a page takes an address at which it can be asked for again: that of its form, or its own.

const form = document.querySelector("form[data-newer='typed'][data-at]");
history.replaceState(history.state, "", form?.dataset.at ?? location.href);

// Asks the browser for a passkey, sends what it says, and says what went wrong.

const press = document.getElementById("passkey");
const says = document.getElementById("passkey-says");

function say(text) {
  says.textContent = text;
  says.hidden = false;
}

async function ask() {
  says.hidden = true;
  const asked = JSON.parse(document.getElementById("passkey-asked").textContent);
  try {
    // Theirs is the way from JSON to a passkey and back.
    const answer = await window.webauthnJSON[says.dataset.does](asked.creation_options ?? asked.request_options);
    press.form.elements.credential.value = JSON.stringify(answer);
    press.form.submit();
  } catch {
    say(says.dataset.failed);
  }
}

if (press) {
  // An address of digits is no name, and a passkey belongs to one.
  if (window.PublicKeyCredential && !/^[\d.]+$|^\[/.test(location.hostname)) {
    press.addEventListener("click", ask);
  } else {
    press.disabled = true;
    say(says.dataset.lacking);
  }
}

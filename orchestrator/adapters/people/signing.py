"""Signs an answer with a person's own SSH key, by `ssh-keygen`: passphrases and agents are its business, not ours."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestrator.core.ssh_signature import NAMESPACE, parse_public_key
from orchestrator.errors import AnswerError

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


def public_key_of(key: Path) -> str:
    """The public key of a key file: a private one, or the public one of a key that an agent holds.

    Raises:
        AnswerError: The file is no key.
    """
    beside = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    try:
        text = beside.read_text(encoding="utf-8") if beside.exists() else _ssh_keygen("-y", "-f", str(key))
        return parse_public_key(text)
    except (OSError, ValueError) as error:
        hint = "name a private key, or the public key of one that your agent holds"
        raise AnswerError(f"{key}: it is no SSH key: {error}", hint=hint) from error


def sign(message: bytes, *, key: Path) -> str:
    """The signature of a message, in base64 and without its armour.

    Raises:
        AnswerError: `ssh-keygen` is not there, or could not sign.
    """
    with TemporaryDirectory(prefix="reprise-answer-") as directory:
        file = Path(directory, "answer.json")
        file.write_bytes(message)
        _ssh_keygen("-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(file))
        armoured = file.with_suffix(".json.sig").read_text(encoding="ascii")
    body = armoured.partition(_BEGIN)[2].partition(_END)[0]
    return "".join(body.split())


def _ssh_keygen(*arguments: str) -> str:
    """Run it in this terminal: it may ask for a passphrase there."""
    try:
        command = ["ssh-keygen", *arguments]  # found as the person's own shell finds it
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError as error:
        raise AnswerError("ssh-keygen is not there", hint="install the OpenSSH client") from error
    if done.returncode != 0:
        hint = "what it said is above; `ssh-add -l` lists the keys of your agent"
        raise AnswerError(f"ssh-keygen could not use the key {arguments[-1]}", hint=hint)
    return done.stdout

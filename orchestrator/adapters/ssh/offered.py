"""Which key a host answers with before anybody has decided whether to believe it. Logs in nowhere, writes nothing."""

import paramiko

from orchestrator.adapters.ssh.connections import CONNECT_TIMEOUT_SECONDS, open_socket, words_of
from orchestrator.errors import SshError


def offered_key(host: str, *, address: str, port: int) -> paramiko.PKey:
    """The key that answers at an address. That it answers says nothing of whose key it is.

    Raises:
        SshError: Nobody answers there, or not as an SSH server.
    """
    connected = open_socket(host, address=address, port=port)
    transport = None
    try:
        transport = paramiko.Transport(connected)
        transport.banner_timeout = CONNECT_TIMEOUT_SECONDS
        transport.start_client(timeout=CONNECT_TIMEOUT_SECONDS)
        return transport.get_remote_server_key()
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise SshError(f"host {host} ({address} port {port}): {words_of(error)}", hint="is this its sshd?") from error
    finally:
        if transport is not None:
            transport.close()
        connected.close()

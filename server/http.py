"""The server over streamable HTTP, stateless, so that any number of processes answer alike: who may ask, and a stop that finishes what is in flight."""

import gc
import hmac
import os
import signal
import socket
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.request_state import RequestStateSecurity
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse

from training_router.prompts.skills import Skill
from training_router.server.app import DESCRIPTIONS, build_app
from training_router.server.arguments import Refused
from training_router.server.limits import CONNECTIONS, KEPT_ALIVE, MAX_BODY, PATH, InFlight, PromptHeaders, WholeBody
from training_router.server.settings import Settings
from training_router.server.stdio import GARBAGE
from training_router.server.telemetry import Journal, Telemetry
from training_router.taxonomy.entries import Library

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SHORTEST_KEY = 32
STOP_WITHIN = 20
BACKLOG = 2048
CORS_HEADERS = ("authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name")


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server listens and whom it lets in."""

    host: str
    port: int
    allowed_hosts: Sequence[str] = ()
    allowed_origins: Sequence[str] = ()
    token_file: Path | None = None


class Tokens:
    """The SDK's verifier over the tokens of a file, compared in constant time; only their digests are kept."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.digests = [sha256(token.encode()).digest() for token in tokens]

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the SDK takes for a known token; None for any other."""
        asked = sha256(token.encode("utf-8", "replace")).digest()
        same = [hmac.compare_digest(asked, digest) for digest in self.digests]
        return AccessToken(token="", client_id="bearer", scopes=[]) if any(same) else None


def serve(open_library: Callable[[], Library], find_skills: Callable[[], Mapping[str, Skill]], door: Door, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then answers what is in flight; raises Refused where the door or the settings cannot be used."""
    journal = Journal(settings.log).adopt()
    security, options = _security(door), _options(door, settings, journal)
    gc.disable()
    library, skills = open_library(), find_skills()
    app = build_app(library, skills, middleware=[Telemetry(journal, DESCRIPTIONS)], **options)
    gated = _gated(app, door, security, journal, library)
    gc.enable()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    with _listening(door) as listener:
        config = uvicorn.Config(
            gated,
            http=PromptHeaders,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=KEPT_ALIVE,
            timeout_graceful_shutdown=STOP_WITHIN,
        )
        server = uvicorn.Server(config)
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, server.handle_exit)  # uvicorn raises the signal again at its end; this makes that end a plain one
        host, port = listener.getsockname()[:2]
        journal.tell("info", "listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}", library=library.digest, token=door.token_file is not None)
        server.run(sockets=[listener])
    journal.tell("info", "stopped")


def _gated(app: MCPServer[Any], door: Door, security: TransportSecuritySettings, journal: Journal, library: Library) -> InFlight:
    """The whole application: concurrency, health, token, body, and the SDK's checks of Host, Origin and version."""

    @app.custom_route("/health", ["GET"])
    async def health(_request: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse({"status": "ok"})

    @app.custom_route("/ready", ["GET"])
    async def ready(_request: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse({"ready": not gate.full, "library": library.digest}, 503 if gate.full else 200)

    inner = app.streamable_http_app(host=door.host, streamable_http_path=PATH, json_response=True, stateless_http=True, max_request_body_size=MAX_BODY, transport_security=security)
    app.session_manager.asgi_app = WholeBody(app.session_manager.asgi_app)  # type: ignore[assignment]
    if door.allowed_origins:
        inner.add_middleware(
            CORSMiddleware, allow_origins=list(door.allowed_origins), allow_methods=["POST"], allow_headers=list(CORS_HEADERS), expose_headers=["www-authenticate"]
        )
    gate = InFlight(inner, journal)
    return gate


def _security(door: Door) -> TransportSecuritySettings:
    """The Host and Origin headers that are let in: always those of loopback hosts, beyond them what is named."""
    for name in door.allowed_hosts:
        if not name or set(name.removesuffix(":*")) & set("/* "):
            raise Refused(f"--allowed-host {name!r} is no host; write it as clients send it, router.example.com or router.example.com:8443.")
    for origin in door.allowed_origins:
        if not origin.startswith(("http://", "https://")) or origin.count("/") != 2 or "*" in origin:
            raise Refused(f"--allowed-origin {origin!r} is no origin; write it as browsers send it, https://router.example.com.")
    inside = _is_loopback(door.host)
    if not inside and not door.allowed_hosts:
        raise Refused(f"--host {door.host} is reached from elsewhere; name the hosts that clients ask for, as in --allowed-host router.example.com.")
    hosts = [spelled for name in (*LOOPBACK, *door.allowed_hosts) for spelled in (name, f"{name}:*")]
    origins = [f"http://{name}:*" for name in LOOPBACK] if inside else []
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[*origins, *door.allowed_origins])


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _options(door: Door, settings: Settings, journal: Journal) -> dict[str, Any]:
    """The SDK's options for the secrets."""
    options: dict[str, Any] = {}
    if settings.state_keys:
        if min(map(len, settings.state_keys)) < SHORTEST_KEY:
            raise Refused(f"TRAINING_ROUTER_STATE_KEY is too short; every key takes at least {SHORTEST_KEY} characters, as from `openssl rand -hex 32`.")
        options["request_state_security"] = RequestStateSecurity(keys=list(settings.state_keys))
    if door.token_file:
        options["token_verifier"] = Tokens(_tokens(door.token_file, journal))
        options["auth"] = AuthSettings(issuer_url=AnyHttpUrl("http://localhost"), resource_server_url=None)  # no authorization server: tokens are handed out
    elif not _is_loopback(door.host):
        journal.tell("warning", "no token", message="whoever reaches this address may ask; --token-file FILE asks for a bearer token")
    return options


def _tokens(path: Path, journal: Journal) -> list[str]:
    """The tokens of a file, one a line, so that an old and a new one hold side by side; raises Refused where there is none."""
    try:
        tokens = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no text"
        raise Refused(f"--token-file {path}: {why}; write one token a line into it, as from `openssl rand -hex 32`.") from None
    if not tokens:
        raise Refused(f"--token-file {path} is empty; write one token a line into it, as from `openssl rand -hex 32`.")
    if os.name == "posix" and path.stat().st_mode & stat.S_IROTH:
        journal.tell("warning", "token file", message=f"{path} is readable by everyone; chmod 600 it")
    return tokens


def _listening(door: Door) -> socket.socket:
    """The open socket; raises Refused where the address cannot be had. Its protocol is named, since asyncio sends small answers at once only then."""
    if not 0 <= door.port <= 65535:
        raise Refused(f"--port {door.port} is no port; send a number up to 65535, or 0 for any free one.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
        raise Refused(f"{door.host} port {door.port} cannot be had: {why}; another --port, or 0 for any free one.") from None
    return listener

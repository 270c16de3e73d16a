"""Starts Loupe: python app.py --host H --port P [--share] [--public] [--library PATH] [--checkpoint SOURCE ...]"""

import argparse
import logging
import os
import socket
import sys
import threading
from unittest import mock

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Loupe: see language–vision models at work.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (0.0.0.0: every one)")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--share", action="store_true", help="a public link through gradio's tunnel")
    parser.add_argument("--public", action="store_true", help="limit what one visitor may ask of the machine")
    parser.add_argument("--library", metavar="PATH", help="a folder of pictures or a Parquet file to explore")
    parser.add_argument(
        "--checkpoint",
        metavar="SOURCE",
        action="append",
        default=[],
        help="a checkpoint to add: a folder or a hub id",
    )
    return parser.parse_args()


def free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as test:
        test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return test.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) != 0


def main() -> None:
    chosen = options()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for talkative in ("httpx", "faiss.loader"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    on_spaces = "SPACE_ID" in os.environ
    if not on_spaces and not free(chosen.host, chosen.port):
        sys.exit(f"Port {chosen.port} is in use. Stop what runs there, or choose another: --port {chosen.port + 1}")

    # At each import gradio reads its own sources again to write their stubs, half of what the import takes. It leaves
    # out classes whose file cannot be told.
    with mock.patch("inspect.getfile", side_effect=OSError):
        import gradio  # noqa: F401
    import uvicorn

    from core.checkpoints import register
    from core.errors import LoupeError
    from core.library import Library
    from webapp import server
    from webapp.tabs import explore
    from webapp.ui import create_demo
    from webapp.warm import warm

    try:
        for source in chosen.checkpoint:
            register(source)
        if chosen.library:
            explore.LIBRARY = Library.at(chosen.library).name
    except LoupeError as error:
        sys.exit(str(error))
    demo = create_demo()
    address = f"http://{'127.0.0.1' if chosen.host == '0.0.0.0' else chosen.host}:{chosen.port}"
    threading.Thread(target=warm, args=["" if on_spaces else address], daemon=True).start()
    if on_spaces or chosen.share:
        place = {} if on_spaces else {"server_name": chosen.host, "server_port": chosen.port}
        server.launch(demo, share=chosen.share, **place)
    else:
        print(f"Loupe is at {address}", flush=True)  # noqa: T201
        app = server.create_app(demo, host=chosen.host, public=chosen.public)
        uvicorn.run(app, host=chosen.host, port=chosen.port, log_level="warning", timeout_graceful_shutdown=3)


if __name__ == "__main__":
    main()

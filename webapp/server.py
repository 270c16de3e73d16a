"""The server: gradio inside a FastAPI application with settings for the open network."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import gradio as gr
from fastapi import APIRouter, FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from core import store
from webapp import routes
from webapp.guard import LOOPBACK, SPACES, Guard
from webapp.style import dress

MOST_BODY = 21_000_000
SESSIONS = 200
WRITES_A_MINUTE = 240
"""How many requests that change something one client may send a minute in public mode."""
SETTINGS = {
    "max_file_size": "20mb",
    "show_error": False,
    "run_history": False,
    "footer_links": [],
    "ssr_mode": False,
    "enable_monitoring": False,
    "app_kwargs": {"docs_url": None, "redoc_url": None, "openapi_url": None},
}
ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    b'<circle cx="16" cy="16" r="11" fill="none" stroke="#3446D6" stroke-width="6"/></svg>'
)


def icon() -> Response:
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def own_routes() -> list[BaseRoute]:
    """What is served beside gradio; its route for icons would decode pictures of any size."""
    router = APIRouter(include_in_schema=False)
    router.include_router(routes.router)
    router.get("/favicon.ico")(icon)
    router.get("/pwa_icon/{size}")(icon)
    return router.routes


def create_app(demo: gr.Blocks, host: str = "127.0.0.1", public: bool = False) -> FastAPI:
    """The hardened application, to be served at this host."""
    prepare(demo)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, routes=own_routes())
    app.state.public = public
    # gradio leaves answering for other origins to a middleware that is there before it; this one allows none.
    app.add_middleware(CORSMiddleware, allow_origins=[], allow_credentials=False)
    hosts = LOOPBACK if host in LOOPBACK and not public else None
    app.add_middleware(Guard, most=MOST_BODY, rate=WRITES_A_MINUTE if public else None, hosts=hosts)
    return gr.mount_gradio_app(app, demo, path="/", **SETTINGS, **dress())


def launch(demo: gr.Blocks, share: bool = False, **place: object) -> None:
    """Gradio's own launch, for its tunnel and for Hugging Face Spaces, with the same routes and limits."""
    prepare(demo)
    guard = Middleware(Guard, most=MOST_BODY, rate=WRITES_A_MINUTE, frames=SPACES)
    own = {"routes": own_routes(), "middleware": [guard], "lifespan": among_strangers}  # before the first request
    settings = SETTINGS | {"app_kwargs": SETTINGS["app_kwargs"] | own}
    demo.launch(share=share, prevent_thread_lock=True, **place, **settings, **dress())
    demo.block_thread()


@asynccontextmanager
async def among_strangers(app: FastAPI) -> AsyncIterator[None]:
    """Collections belong to the visitor who made them, from the first request on."""
    app.state.public = True
    yield


def prepare(demo: gr.Blocks) -> None:
    """Cleaning and limits, the same for both ways to serve."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(store.home() / "gradio"))
    demo.delete_cache = (600, 3600)
    demo.state_session_capacity = SESSIONS

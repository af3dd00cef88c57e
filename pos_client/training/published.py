"""The training managing company: the signed conditions that it publishes at an address."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pos_client.bundled import bundled

__all__ = ["PublishedConditions"]


class PublishedConditions:
    """What tills are given now; `content` may be replaced, as a new issue replaces the one before."""

    def __init__(self) -> None:
        self.content = bundled("training/from_above/conditions.json").read_bytes()

    @property
    def etag(self) -> str:
        """Names this very content."""
        return f'"{hashlib.sha256(self.content).hexdigest()}"'

    def routes(self) -> list[Route]:
        """The address where tills ask."""

        async def latest(request: Request) -> Response:
            headers = {"ETag": self.etag}
            if request.headers.get("if-none-match") == self.etag:
                return Response(status_code=304, headers=headers)
            return Response(self.content, headers=headers, media_type="application/json")

        return [Route("/conditions/v1", latest, methods=["GET"])]

"""Build hook: links for an editable install, the compiled library for a wheel."""

import json
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryBuild(BuildHookInterface[Any]):
    """Compiles the library into the one file that an installed router reads."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        linked = root / "build" / "dev"
        _link(root, linked / "training_router")
        if version == "editable":
            return
        sys.path.insert(0, str(linked))
        from training_router.taxonomy.compiler import compiled

        target = root / "build" / "library.json"
        target.write_text(json.dumps(compiled([root / "taxonomy"]), separators=(",", ":")), encoding="utf-8")
        build_data["force_include"][str(target)] = "training_router/taxonomy/library.json"


def _link(root: Path, package: Path) -> None:
    package.mkdir(parents=True, exist_ok=True)
    for name in ("server", "taxonomy", "prompts"):
        link = package / name
        if link.is_symlink() and link.resolve() != (root / name).resolve():
            link.unlink()  # the checkout was moved or copied
        if not link.is_symlink():
            link.symlink_to(root / name, target_is_directory=True)

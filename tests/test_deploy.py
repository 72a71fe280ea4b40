"""What the container and the cluster are told to start is what the command line takes, and is held as the image is built."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from training_router.server.cli import _parser
from training_router.server.http import STOP_WITHIN

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DOCUMENTS: dict[str, Any] = {one["kind"]: one for one in yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8"))}
POD = DOCUMENTS["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]


@pytest.mark.parametrize("arguments", [*re.findall(r"^#   docker run .* training-router (serve .*)$", DOCKERFILE, re.MULTILINE), "serve"])
def test_the_commands_in_the_dockerfile_are_taken(arguments: str):
    assert _parser().parse_args(arguments.split())


def test_the_image_serves_stdio_by_default_as_a_user_without_rights():
    command = re.search(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert command and not _parser().parse_args(json.loads(command[1])).http
    assert f"USER {POD['securityContext']['runAsUser']}:" in DOCKERFILE


def test_the_pod_listens_where_it_is_asked():
    given = _parser().parse_args(CONTAINER["args"])
    assert given.http and given.allowed_host and given.port == CONTAINER["ports"][0]["containerPort"]
    assert f"'http://127.0.0.1:{given.port}/health'" in DOCKERFILE
    assert given.token_file.as_posix() == f"{CONTAINER['volumeMounts'][0]['mountPath']}/{POD['volumes'][0]['secret']['items'][0]['path']}"


def test_the_pod_has_no_rights_and_room_for_a_graceful_stop():
    assert CONTAINER["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert POD["securityContext"]["runAsNonRoot"] and POD["terminationGracePeriodSeconds"] > STOP_WITHIN + CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]


def test_every_selector_meets_the_pod():
    labels = DOCUMENTS["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert DOCUMENTS["Service"]["spec"]["selector"] == labels
    assert all(DOCUMENTS[kind]["spec"]["selector"]["matchLabels"] == labels for kind in ("Deployment", "PodDisruptionBudget"))
    assert DOCUMENTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert DOCUMENTS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == DOCUMENTS["Deployment"]["metadata"]["name"]

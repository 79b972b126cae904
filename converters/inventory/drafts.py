"""A task definition as AWS has it -> what an ecs.yml says of it: in its own words, else passed on under ``taskDefinition``, and
a sentence for whatever is neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from converters.inventory.sizes import sizes
from converters.specs.fargate import NOT_ON_FARGATE, Architecture
from converters.specs.untyped import Fields, fields, rows, texts

# Not possible on Fargate, beside what the strict reading of ecs.yml refuses. API reference "ContainerDefinition": hostname is
# not supported with awsvpc, GPUs and inference accelerators are for instances.
_NOT_ON_FARGATE = NOT_ON_FARGATE | {"hostname", "resourceRequirements", "inferenceAccelerators"}
# These say nothing: what AWS answers where nothing was set.
_SILENT: dict[str, object] = {"versionConsistency": "enabled", "essential": True}
_SAME_NAMES = ("command", "entryPoint", "workingDirectory", "user")
# Names and shapes are ECS's own; what our model refuses of them is passed on as it stands.
_SAME_SHAPES = ("stopTimeout", "readonlyRootFilesystem", "ulimits", "dependsOn", "healthCheck", "repositoryCredentials")
_FARGATE_LOGS = ("awslogs", "splunk", "awsfirelens")


@dataclass(slots=True)
class Draft:
    """``containers`` and ``more`` are as in ecs.yml, ``passed`` and ``boxes`` (by container) as in RegisterTaskDefinition."""

    containers: list[dict[str, object]] = field(default_factory=list)
    more: dict[str, object] = field(default_factory=dict)
    passed: dict[str, object] = field(default_factory=dict)
    boxes: dict[str, dict[str, object]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    raw: dict[tuple[str, str], object] = field(default_factory=dict)
    """(container, key) -> as AWS had it, for what our model refuses."""

    def pass_on(self) -> dict[str, object]:
        """``taskDefinition`` of the ecs.yml."""
        boxes = [{"name": name, **given} for name, given in self.boxes.items() if given]
        return {**self.passed, **({"containerDefinitions": boxes} if boxes else {})}

    def refuse(self, container: int, key: str) -> bool:
        """Moves a key of a container that our model does not take to what is passed on; False where that cannot be."""
        box = self.containers[container]
        name = str(box["name"])
        if key not in box or (name, key) not in self.raw:
            return False
        del box[key]
        self.boxes[name][key] = self.raw[name, key]
        return True


def draft(definition: Fields) -> Draft:
    """Of a task definition in the shape of RegisterTaskDefinition's input."""
    made = Draft()
    given = rows(definition.get("containerDefinitions"))
    architecture = _platform(definition, made)
    each, said = sizes(definition, given, architecture)
    made.notes += said
    own_volumes = _volumes(definition, made)
    for box, (cpu, memory) in zip(given, each, strict=True):
        made.containers.append(_container(box, cpu, memory, own_volumes, definition, made))
    _rest(definition, made)
    return made


def _platform(definition: Fields, made: Draft) -> Architecture:
    platform = fields(definition.get("runtimePlatform"))
    arm = platform.get("cpuArchitecture") == "ARM64"
    system = platform.get("operatingSystemFamily", "LINUX")
    if arm:
        made.more["architecture"] = "ARM64"
    if system != "LINUX":
        made.passed["runtimePlatform"] = {
            key: value for key, value in platform.items() if not (arm and key == "cpuArchitecture")
        }
    return "ARM64" if arm else "X86_64"


def _container(
    box: Fields, cpu: int, memory: int, own_volumes: bool, definition: Fields, made: Draft
) -> dict[str, object]:
    name = str(box.get("name", ""))
    more = made.boxes.setdefault(name, {})
    result: dict[str, object] = {"name": name, "cpu": cpu, "memory": memory, "image": box.get("image", "")}
    if box.get("essential") is False:
        result["essential"] = False
    result |= {key: box[key] for key in _SAME_NAMES if box.get(key)}
    _variables(box, result, made)
    if logs := _logs(box, made):
        result["logConfiguration"] = logs
    mounts = rows(box.get("mountPoints"))
    if mounts and own_volumes:
        result["mountPoints"] = [_mount(one) for one in mounts]
    elif mounts:
        more["mountPoints"] = mounts
    linux = {key: value for key, value in fields(box.get("linuxParameters")).items() if value}
    if linux.pop("initProcessEnabled", False):
        result["linuxParameters"] = {"initProcessEnabled": True}
    linux = {key: value for key, value in linux.items() if not _impossible(name, f"linuxParameters.{key}", made)}
    if linux.get("capabilities") and not any(fields(linux["capabilities"]).values()):
        del linux["capabilities"]
    if linux:
        more["linuxParameters"] = linux
    for key in _SAME_SHAPES:
        if box.get(key):
            result[key] = box[key]
            made.raw[name, key] = box[key]
    _ports(box, definition, made)
    known = {
        *("name", "image", "cpu", "memory", "essential", "environment", "secrets", "environmentFiles"),
        *("logConfiguration", "mountPoints", "linuxParameters", "portMappings", *_SAME_NAMES, *_SAME_SHAPES),
    }
    for key, value in box.items():
        if key not in known and _says(key, value) and not _impossible(name, key, made):
            more[key] = value
    return result


def _says(key: str, value: object) -> bool:
    return value not in (None, [], {}, "", False) and _SILENT.get(key) != value


def _impossible(container: str, key: str, made: Draft) -> bool:
    if key.rpartition(".")[2] not in _NOT_ON_FARGATE:
        return False
    made.notes.append(f"container {container}: {key} is not possible on Fargate, so it is left out")
    return True


def _variables(box: Fields, result: dict[str, object], made: Draft) -> None:
    plain = {str(one["name"]): str(one.get("value", "")) for one in rows(box.get("environment")) if one.get("name")}
    secret = {str(one["name"]): str(one.get("valueFrom", "")) for one in rows(box.get("secrets")) if one.get("name")}
    for name in sorted(set(plain) & set(secret)):
        # ECS refuses a name in both.
        made.notes.append(f"container {box.get('name')}: {name} stood in environment and in secrets; the secret stays")
        del plain[name]
    if plain:
        result["environment"] = plain
    if secret:
        result["secrets"] = secret
    files = [str(one.get("value", "")) for one in rows(box.get("environmentFiles"))]
    if files:
        result["environmentFiles"] = files


def _logs(box: Fields, made: Draft) -> dict[str, object]:
    given, name = fields(box.get("logConfiguration")), box.get("name")
    if not given:
        made.notes.append(f"container {name} had no log configuration; its output goes to the job's log group")
        return {}
    driver = given.get("logDriver")
    if driver not in _FARGATE_LOGS:
        made.notes.append(
            f"container {name}: the log driver {driver} is not possible on Fargate; its output goes to the job's log group"
        )
        return {}
    options = dict(fields(given.get("options")))
    secret = {str(one.get("name")): str(one.get("valueFrom")) for one in rows(given.get("secretOptions"))}
    result: dict[str, object] = {"logDriver": driver}
    if options:
        result["options"] = options
    if secret:
        result["secretOptions"] = secret
    return result


def without_usual_logs(box: dict[str, object], usual: Mapping[str, str], made: Draft) -> None:
    """Takes out of a container what the job gets anyway: a log group of its name, in the settings' region."""
    logs = fields(box.get("logConfiguration"))
    if logs.get("logDriver") != "awslogs":
        return
    options = fields(logs.get("options"))
    if "mode" not in options:
        # docs "Using the awslogs log driver": non-blocking where nothing is said, since 2025-06-25.
        made.notes.append(
            f"container {box['name']}: its log gets mode blocking, which loses no line; write mode: non-blocking for the other"
        )
    own = {key: value for key, value in options.items() if usual.get(key) != value}
    logs.pop("options", None)
    if own:
        logs["options"] = own
    elif "secretOptions" not in logs:
        del box["logConfiguration"]


def _mount(one: Fields) -> dict[str, object]:
    result = {"volume": one.get("sourceVolume", ""), "path": one.get("containerPath", "")}
    return result | ({"readOnly": True} if one.get("readOnly") else {})


def _ports(box: Fields, definition: Fields, made: Draft) -> None:
    ports = rows(box.get("portMappings"))
    if not ports:
        return
    if definition.get("networkMode", "bridge") != "awsvpc":
        # API reference "PortMapping": with awsvpc the host's port is the container's.
        if any(one.get("hostPort", one.get("containerPort")) != one.get("containerPort") for one in ports):
            made.notes.append(
                f"container {box.get('name')}: a task on Fargate has ports of its own, so hostPort is left out"
            )
        ports = [{key: value for key, value in one.items() if key != "hostPort"} for one in ports]
    made.boxes[str(box.get("name", ""))]["portMappings"] = ports


def _volumes(definition: Fields, made: Draft) -> bool:
    """Whether all volumes are such that ecs.yml has words for; else all are passed on, with their mount points."""
    given = [_on_fargate(one, made) for one in rows(definition.get("volumes"))]
    own = [_efs(one) for one in given]
    if None not in own:
        if own:
            made.more["volumes"] = own
            if any(fields(one["efsVolumeConfiguration"]).get("transitEncryption") != "ENABLED" for one in given):
                made.notes.append("files of EFS are read and written encrypted on the way, which they were not")
        return True
    made.passed["volumes"] = given
    return False


def _on_fargate(volume: Fields, made: Draft) -> dict[str, object]:
    name, result = volume.get("name"), dict(volume)
    if source := fields(volume.get("host")).get("sourcePath"):
        # docs "Bind mounts": on Fargate a bind mount has no source on a host.
        made.notes.append(
            f"volume {name}: a directory of an instance ({source}) is not there on Fargate; "
            "it becomes an empty one, gone with the task"
        )
        result["host"] = {}
    for key in ("dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"):
        if result.pop(key, None):
            made.notes.append(f"volume {name}: {key} is not possible on Fargate; it becomes an empty one")
    return {key: value for key, value in result.items() if value is not None and value != {}}


def _efs(volume: Fields) -> dict[str, object] | None:
    """A volume in the words of ecs.yml; None where it has none for it."""
    efs = dict(fields(volume.get("efsVolumeConfiguration")))
    if not efs or set(volume) - {"name", "efsVolumeConfiguration"}:
        return None
    access = {key: value for key, value in fields(efs.pop("authorizationConfig", None)).items() if value != "DISABLED"}
    efs.pop("transitEncryption", None)
    result = {"name": volume.get("name"), "fileSystemId": efs.pop("fileSystemId", "")}
    root = efs.pop("rootDirectory", "/")
    if point := access.pop("accessPointId", None):
        result["accessPointId"] = point
    elif root != "/":
        result["rootDirectory"] = root
    # A port of its own, or IAM.
    return None if access or efs else result


def _rest(definition: Fields, made: Draft) -> None:
    mode = definition.get("networkMode")
    if mode not in (None, "awsvpc"):
        made.notes.append(f"network mode {mode} becomes awsvpc, the only one that Fargate has")
    wants = texts(definition.get("requiresCompatibilities"))
    if wants and "FARGATE" not in wants:
        made.notes.append(f"it ran on {', '.join(wants)}; it becomes a task of Fargate")
    disk = fields(definition.get("ephemeralStorage")).get("sizeInGiB")
    if disk is not None:
        made.more["ephemeralStorage"] = disk
    known = {
        *(
            "family",
            "taskRoleArn",
            "executionRoleArn",
            "networkMode",
            "containerDefinitions",
            "volumes",
            "cpu",
            "memory",
        ),
        *("requiresCompatibilities", "ephemeralStorage", "runtimePlatform", "tags"),
    }
    for key, value in definition.items():
        if key in known or not _says(key, value):
            continue
        if key in _NOT_ON_FARGATE:
            made.notes.append(f"{key} is not possible on Fargate, so it is left out")
        else:
            made.passed[key] = value

"""`Block`: configuration with a type and a name, checked by its fields' types, saved once and loaded anywhere."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from jupyter_flows.authoring.block_classes import class_of, home_of, note_class, slug_of
from jupyter_flows.authoring.block_secrets import BlockSecrets, hide_passwords
from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.errors import BadBlock, BadOption, BlockExists
from jupyter_flows.secrets.vault import Vault
from jupyter_flows.store import open_blocks
from jupyter_flows.store.blocks import Blocks, StoredBlock, StoredBlockType
from jupyter_flows.wiring import current_settings

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_NESTED = "$block"


class Block(BaseModel):
    """Stored configuration: a pydantic model with a name.

    Fields of type ``SecretStr`` are never kept in the store: they go to the kept secrets, as do texts that look like
    secrets (a token, an address with a password). A field that is a block is kept as a reference where it was saved
    under a name of its own, and as a part of this one otherwise.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True, hide_input_in_errors=True)  # it may be secret

    _block_type_name: ClassVar[str | None] = None
    _block_type_slug: ClassVar[str | None] = None
    _description: ClassVar[str | None] = None
    _logo_url: ClassVar[str | None] = None

    _saved_as: str | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        note_class(cls)

    @classmethod
    def get_block_type_slug(cls) -> str:
        """Return the word that stands for the type in ``type/name``."""
        return slug_of(cls)

    @property
    def saved_as(self) -> str | None:
        """``type/name`` where this block was saved or loaded, else None."""
        return self._saved_as

    def save(self, name: str, overwrite: bool = False) -> str:
        """Keep this block under a name; return ``type/name``.

        Parameters
        ----------
        overwrite
            Whether a block of that type and name may be there with other content.

        Raises
        ------
        BlockExists
            It is there with other content.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BadOption("Block.save", "name", name, "use letters, digits, _, - and . (at most 255)")
        kind, at = slug_of(type(self)), time.time()
        secrets = BlockSecrets(Vault(current_settings().flows_dir), f"block/{kind}/{name}")
        with open_blocks(current_settings()) as blocks:
            known = blocks.get(kind, name)
            data = json.dumps(secrets.taken_out(_told(self)))
            before = json.loads(known.data) if known is not None else None
            if before is not None and not overwrite and (before != json.loads(data) or secrets.changed()):
                raise BlockExists(f"{kind}/{name}")
            secrets.keep(stale=before)
            _register(blocks, type(self), at)
            schema = schema_digest(type(self))
            blocks.put(StoredBlock(kind, name, known.id if known else new_run_id(), data, schema, at, at))
        self._saved_as = f"{kind}/{name}"
        return self._saved_as

    @classmethod
    def load(cls, name: str) -> Self:
        """Return a saved block.

        Parameters
        ----------
        name
            ``type/name``; the name alone where this is called on the type's class, or where no other type has it.

        Raises
        ------
        BlockNotFound, AmbiguousBlock
        BadBlock
            Its class is not to be found here, or has other fields now.
        """
        with open_blocks(current_settings()) as blocks:
            return cast("Self", _loaded(blocks, _found(blocks, cls, name), cls if cls is not Block else None))

    @classmethod
    def delete(cls, name: str) -> None:
        """Forget a saved block, and its secrets.

        Raises
        ------
        BlockNotFound, AmbiguousBlock
        """
        with open_blocks(current_settings()) as blocks:
            found = _found(blocks, cls, name)
            blocks.delete(found.type, found.name)
        BlockSecrets(Vault(current_settings().flows_dir), "").forget(json.loads(found.data))

    @classmethod
    def list(cls) -> list[str]:
        """Return the saved blocks of this type, or of all types, as ``type/name``."""
        with open_blocks(current_settings()) as blocks:
            return [f"{one.type}/{one.name}" for one in blocks.all() if cls is Block or one.type == slug_of(cls)]

    @classmethod
    def register_type_and_schema(cls) -> None:
        """Keep the type alone, so that it is listed before its first block is saved."""
        with open_blocks(current_settings()) as blocks:
            _register(blocks, cls, time.time())

    def __eq__(self, other: object) -> bool:
        """Two blocks are equal that have equal fields, wherever they are saved."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment] # it can be changed

    def __repr_args__(self) -> Any:
        return [(name, hide_passwords(value)) for name, value in super().__repr_args__()]


def schema_digest(cls: type[Block]) -> str:
    """Tell one set of fields from another."""
    return hashlib.sha256(_schema(cls).encode()).hexdigest()[:16]


def _schema(cls: type[Block]) -> str:
    return json.dumps(cls.model_json_schema(), sort_keys=True)


def _register(blocks: Blocks, cls: type[Block], at: float) -> None:
    title, text = cls._block_type_name or cls.__name__, cls._description or (cls.__doc__ or "").strip().split("\n")[0]
    one = StoredBlockType(slug_of(cls), title, text, cls._logo_url or "", home_of(cls), _schema(cls), at)
    blocks.put_type(one)


def _told(block: Block) -> dict[str, Any]:
    """Return the fields as JSON values, secrets in clear and nested blocks marked."""
    told: dict[str, Any] = {}
    for name in type(block).model_fields:
        value = getattr(block, name)
        told[name] = _told_value(block, name, value)
    return told


def _told_value(block: Block, name: str, value: Any) -> Any:
    if isinstance(value, Block):
        if value.saved_as is not None:
            return {_NESTED: value.saved_as}
        return {_NESTED: {"type": slug_of(type(value)), "data": _told(value)}}
    if isinstance(value, list | tuple) and any(isinstance(item, Block) for item in value):
        return [_told_value(block, name, item) for item in value]
    if isinstance(value, dict) and any(isinstance(item, Block) for item in value.values()):
        return {str(key): _told_value(block, name, item) for key, item in value.items()}
    try:
        return BlockSecrets.shown(block, name)
    except (ValueError, TypeError) as error:
        raise BadBlock(slug_of(type(block)), f"field {name!r} cannot be kept as JSON ({error})") from error


def _found(blocks: Blocks, cls: type[Block], name: str) -> StoredBlock:
    return blocks.find(name if cls is Block or "/" in name else f"{slug_of(cls)}/{name}")


def _loaded(blocks: Blocks, found: StoredBlock, wanted: type[Block] | None) -> Block:
    label = f"{found.type}/{found.name}"
    if wanted is not None and slug_of(wanted) != found.type:
        raise BadBlock(label, f"it is no {slug_of(wanted)}: load it by its own class, or by Block.load({label!r})")
    cls = wanted or _class(blocks, found.type, label)
    data = BlockSecrets(Vault(current_settings().flows_dir), "").put_back(json.loads(found.data))
    block = _made(blocks, cls, data, label, found.schema)
    block._saved_as = label  # noqa: SLF001 - of this module's own class
    return block


def _class(blocks: Blocks, kind: str, label: str) -> type[Block]:
    home = next((one.home for one in blocks.types() if one.type == kind), "")
    cls = class_of(kind, home)
    if cls is None:
        raise BadBlock(label, f"its class is not known here: import or run what defines it ({home or 'unknown'})")
    return cls


def _made(blocks: Blocks, cls: type[Block], data: dict[str, Any], label: str, schema: str = "") -> Block:
    values = {name: _nested(blocks, value, label) for name, value in data.items()}
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)
        )
        changed = schema and schema != schema_digest(cls)
        why = "its class has other fields now than when it was saved: " if changed else ""
        raise BadBlock(label, f"{why}{faults}; save it again, or delete it") from None


def _nested(blocks: Blocks, value: Any, label: str) -> Any:
    if isinstance(value, list):
        return [_nested(blocks, item, label) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    told = cast("dict[str, Any]", value)
    if set(told) != {_NESTED}:
        return {key: _nested(blocks, item, label) for key, item in told.items()}
    inside = told[_NESTED]
    if isinstance(inside, str):
        return _loaded(blocks, _found(blocks, Block, inside), None)
    return _made(blocks, _class(blocks, inside["type"], label), inside["data"], f"{label} ({inside['type']} in it)")


__all__ = ["Block", "schema_digest"]

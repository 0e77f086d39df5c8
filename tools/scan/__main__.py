"""``python -m tools.scan``, which ``make scan`` calls: the scanners (docs/security.md)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx

from local.emulator import DEPLOYMENT_SERVICES, Emulator
from tools.command_line import OneSentenceParser
from tools.terraform_cli import BUILD, INFRA, ROOT, Terraform, TerraformFailed, find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PROGRAMS = ROOT / ".scan" / "bin"
CHECKOV_SETTINGS = Path(__file__).with_name("checkov.yaml")
ACCEPTED = Path(__file__).with_name("accepted.toml")
UNREASONED = re.compile(r"checkov:skip=\w+\b(?!:\s*\S)")
PLANS = sorted(Path(__file__).parent.glob("*.tfvars"))
LOCKS = sorted(
    [*ROOT.glob("requirements/*.txt"), *ROOT.glob("requirements/libs/*.txt"), *ROOT.glob("*_app/requirements.txt")]
)
PAGE_LOCK = ROOT / "package-lock.json"

# Lines that hold nothing but the hash of a package or provider.
HASH_LINE = re.compile(r'\s*(--hash=sha256:[0-9a-f]{64}( \\)?|"(h1:[0-9A-Za-z+/]{43}=|zh:[0-9a-f]{64})",)\s*')
# detect-secrets wants a key's second line, and reads it in small files only.
PRIVATE_KEY = re.compile("BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
# Independent of a person's git settings. Of a merge, what it changed beyond the two sides.
PATCH = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
LOG = ("log", "--reverse", "--patch", "--diff-merges=remerge", "--format=%x00%h", *PATCH)

OSV = "https://api.osv.dev/v1/query"
SECONDS = 15
# A proxy's answer is not OSV's, which knows this vulnerability.
WELL_KNOWN = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.4.1"}


class ScanFailed(Exception):
    """Something was found, or a scanner broke or had nothing to look at. The message never contains a secret."""


class ScanSkipped(Exception):
    """What the scan needs is out of reach: reported, and a failure with AUDIT=1."""


def read_accepted(kind: str, file: Path = ACCEPTED) -> list[str]:
    entries = tomllib.loads(file.read_text("utf-8")).get(kind, [])
    if any(not entry.get("reason", "").strip() for entry in entries):
        raise ScanFailed(f"{file.name}: an entry has no reason.")
    return [value for entry in entries for value in entry["values"]]


def run_scanner(program: str, *arguments: str | Path, **options: Any) -> str:  # noqa: ANN401
    """What a scanner prints. ScanFailed: it found something, or broke."""
    command = [PROGRAMS / program, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # noqa: S603 - our own
    if result.returncode:
        raise ScanFailed(f"{program}:\n{result.stdout}{result.stderr}".strip())
    return str(result.stdout)


def run_checkov(framework: str, *arguments: str | Path, base: Path) -> str:
    """Apply Checkov's rules for ``framework``; files are named relative to ``base``."""
    # A BC_API_KEY of the person's own would send the results away.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environment["CKV_PARSE_ERROR_FAIL"] = "true"
    settings = ("--config-file", CHECKOV_SETTINGS, "--framework", framework)
    output = run_scanner("checkov", *settings, *arguments, cwd=base, env=environment)
    summary = re.search(r"Passed checks: [1-9].*", output)
    if not summary:
        raise ScanFailed("Checkov found nothing to look at.")
    return summary[0]


# The Terraform files hold the reasons beside the resources; plans hold decided conditions and the apps' modules.


def scan_files(work: Path) -> str:
    folder = copy_root_module(work)
    if unreasoned := [file.name for file in folder.rglob("*.tf") if UNREASONED.search(file.read_text("utf-8"))]:
        raise ScanFailed(f"A skipped rule has no reason: {', '.join(unreasoned)}.")
    return run_checkov("terraform", "--directory", folder, base=work)


def scan_plans(work: Path) -> str:
    try:
        find_program()
    except TerraformFailed as missing:
        raise ScanSkipped(str(missing)) from missing
    folder = copy_root_module(work)
    # Checkov finds the reasons in the files by the names of the resources.
    reasons = ("--repo-root-for-plan-enrichment", folder)
    return run_checkov("terraform_plan", "--file", *make_plans(folder), *reasons, base=work)


def copy_root_module(work: Path) -> Path:
    """A copy of the root module, without a person's own backend, variables and state."""
    work.mkdir(parents=True, exist_ok=True)
    for name in ("shared", "email_app"):  # Terraform reads the roles and the ledger's keys
        (work / name).symlink_to(ROOT / name)
    own = shutil.ignore_patterns("backend.tf", "*.tfvars*", ".terraform", "*.tfstate*", "tests", "emulator")
    return shutil.copytree(INFRA, work / INFRA.name, ignore=own)


def make_plans(folder: Path) -> Iterator[Path]:
    """Plan ``PLANS`` for the emulator's account, which is empty."""
    # The emulator cannot describe its type, without which there is no plan.
    (folder / "scan_override.tf").write_text('resource "aws_cloudcontrolapi_resource" "page_style" {\n  count = 0\n}\n')
    (folder.parent / BUILD.name).symlink_to(BUILD)
    with Emulator(folder.parent / "emulator.log", services=DEPLOYMENT_SERVICES) as emulator:
        terraform = Terraform(folder, emulator.environment)
        terraform.init("-lockfile=readonly")
        for variables in PLANS:
            terraform.read("plan", "-input=false", f"-var-file={variables}", f"-out={variables.stem}.tfplan")
            plan = folder.parent / f"{variables.stem}.json"
            plan.write_text(terraform.read("show", "-json", f"{variables.stem}.tfplan"), "utf-8")
            yield plan


def scan_history(accepted: Sequence[str], work: Path, repository: Path = ROOT) -> str:
    """Look for secrets in every line ever added: what a later commit removes is still readable."""
    if run_git(repository, "rev-parse", "--is-shallow-repository") != "false\n":
        raise ScanSkipped("This clone has no complete history: run `git fetch --unshallow`, or clone it with git.")
    changes = f"{run_git(repository, *LOG)}\0not committed\n{run_git(repository, 'diff', 'HEAD', *PATCH)}"
    lines = added_lines(changes)
    for number, (path, added) in enumerate(lines.items()):
        # A folder for each: over time, a name may have been a file's and a folder's. The extension tells the language.
        file = work / str(number) / Path(path).name
        file.parent.mkdir(parents=True)
        file.write_text("\n".join("" if HASH_LINE.fullmatch(line) else line for line in added), "utf-8")
    output = run_scanner(
        *("detect-secrets", "scan", "--all-files", "--no-verify"),
        # A comment beside a value would hide it without a reason.
        *("--disable-filter", "detect_secrets.filters.allowlist.is_line_allowlisted"),
        *("--exclude-secrets", f"^({'|'.join(map(re.escape, accepted))})$", "."),
        cwd=work,
    )
    findings = {
        f"{path}: Private Key: in {commit}"
        for path, added in lines.items()
        for line, commit in added.items()
        if PRIVATE_KEY.search(line)
    }
    for file_name, secrets in json.loads(output)["results"].items():
        path, added = list(lines.items())[int(Path(file_name).parts[0])]
        findings |= {f"{path}: {each['type']}: in {list(added.values())[each['line_number'] - 1]}" for each in secrets}
    if findings:
        raise ScanFailed("\n".join(sorted(findings)))
    return f"{changes.count(chr(0))} changes"


def added_lines(changes: str) -> dict[str, dict[str, str]]:
    """By path, each line that was ever added, with the commit that added it first."""
    found: dict[str, dict[str, str]] = {}
    for change in changes.split("\0")[1:]:
        commit, _, patch = change.partition("\n")
        file: dict[str, str] = {}
        before = ""
        for line in patch.split("\n"):
            if line.startswith("+++ b/") and before.startswith("--- "):
                file = found.setdefault(line.removeprefix("+++ b/").rstrip("\t"), {})
            elif line.startswith("+"):
                file.setdefault(line[1:].replace("\r", ""), commit)
            before = line
    return found


def run_git(repository: Path, *arguments: str) -> str:
    """What git prints; nothing where it fails."""
    command = ["git", "-C", str(repository), "-c", "core.quotePath=false", *arguments]
    options: dict[str, Any] = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    result = subprocess.run(command, check=False, **options)  # noqa: S603 - the person's own git
    return "" if result.returncode else str(result.stdout)


def scan_advisories(
    accepted: Sequence[str], locks: Sequence[Path] = LOCKS, osv: str = OSV, page_lock: Path = PAGE_LOCK
) -> str:
    """Ask ``osv`` for known vulnerabilities of every package that the lock files install."""
    try:
        httpx.post(osv, json=WELL_KNOWN, timeout=SECONDS).raise_for_status().json()["vulns"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise ScanSkipped(f"OSV cannot be asked at {osv} ({type(error).__name__}).") from error
    found = []
    # One by one: pip-audit refuses a package that two of them contain.
    for lock in locks:
        try:
            run_scanner(
                *("pip-audit", "--vulnerability-service=osv", f"--osv-url={osv}", f"--timeout={SECONDS}", "--strict"),
                *("--disable-pip", "--require-hashes", "--progress-spinner=off", f"--requirement={lock}"),
                *(f"--ignore-vuln={advisory}" for advisory in accepted),
            )
        except ScanFailed as failed:
            found.append(f"{lock}: {failed}")
    for folder, package in json.loads(page_lock.read_text("utf-8"))["packages"].items():
        if name := folder.rpartition("node_modules/")[2]:
            asked = {"package": {"name": name, "ecosystem": "npm"}, "version": package["version"]}
            advisories = httpx.post(osv, json=asked, timeout=SECONDS).raise_for_status().json().get("vulns", [])
            found += [f"{page_lock}: {name}: {each['id']}" for each in advisories if each["id"] not in accepted]
    if found:
        raise ScanFailed("\n".join(found))
    return f"{len(locks) + 1} lock files"


def run_scans(scans: Mapping[str, Callable[[], str]], *, may_skip: bool = True) -> bool:
    """Run all of them, two at a time, and print the results. Whether all passed, or were skipped and ``may_skip``."""
    passed = True
    with ThreadPoolExecutor(2) as pool:
        for name, future in [(name, pool.submit(scan)) for name, scan in scans.items()]:
            try:
                result = f"nothing found ({future.result()})"
            except ScanSkipped as skipped:
                result, passed = f"SKIPPED: {skipped}", passed and may_skip
            except (ScanFailed, TerraformFailed) as failed:
                result, passed = f"FAILED: {failed}", False
            print(f"{name}: {result}", flush=True)
    return passed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = OneSentenceParser("make scan", "Looks for known mistakes: see docs/security.md.")
    parser.add_argument("--audit", action="store_true", help="AUDIT=1: fail where a scan has to be skipped")
    may_skip = not parser.parse_args(arguments).audit
    with TemporaryDirectory(prefix="scan-") as name:
        work = Path(name)
        scans = {  # the longest first
            "Plans": lambda: scan_plans(work / "plans"),
            "Secrets": lambda: scan_history(read_accepted("secret"), work / "history"),
            "Terraform files": lambda: scan_files(work / "files"),
            "Advisories": lambda: scan_advisories(read_accepted("advisory")),
        }
        return 0 if run_scans(scans, may_skip=may_skip) else 1


if __name__ == "__main__":
    sys.exit(main())

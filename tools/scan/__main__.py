"""``python -m tools.scan``, which ``make scan`` calls."""

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
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from local.emulator import DEPLOYMENT_SERVICES, Emulator
from tools.command_line import OneSentenceParser
from tools.terraform_cli import BUILD, INFRA, ROOT, Terraform, TerraformFailed, find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PROGRAMS = ROOT / ".scan" / "bin"
CHECKOV_SETTINGS = Path(__file__).with_name("checkov.yaml")
ACCEPTED = Path(__file__).with_name("accepted.toml")

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
PRODUCTION = {
    "aws_region": "us-east-1",
    "environment": "production",
    "database_url": "postgresql://directorio@db.example.com/directorio",
    "email_from": "directorio@example.com",
    "notify_to": ["rrhh@example.com"],
}
# `prefix_list` has no resource that these two lack, and `demo` is open on purpose.
PLANS: dict[str, dict[str, Any]] = {
    "vpc_origin": {},
    "none": {"edge": "none", "domain_name": "directorio.example.com", "alb_certificate_arn": CERTIFICATE}
    | {"certificate_arn": CERTIFICATE},
}

# Hashes of packages and providers, on lines that hold nothing else: not shown to detect-secrets.
HASH_LINE = re.compile(r'\s*(--hash=sha256:[0-9a-f]{64}( \\)?|"(h1:[0-9A-Za-z+/]{43}=|zh:[0-9a-f]{64})",)\s*')
# detect-secrets wants a key's second line, and reads it in small files only.
PRIVATE_KEY = re.compile("BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
UNCOMMITTED = "not committed"
# Independent of a person's git settings. Of a merge, what it changed beyond the two sides.
PATCH = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
LOG = ("log", "--reverse", "--patch", "--diff-merges=remerge", "--format=%x00%h", *PATCH)

OSV = "https://api.osv.dev/v1/query"
SECONDS = 15
# A service that does not know this advisory is not OSV.
WELL_KNOWN = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.4.1"}


class ScanFailed(Exception):
    """A scanner broke, or had nothing to look at; the message is a sentence for the person at the keyboard."""


class ScanSkipped(Exception):
    """What the scan needs is not on this machine: reported, and never taken for a pass."""


class Report(NamedTuple):
    """What was looked at, and what was found, one line each. A finding never contains a secret."""

    looked_at: str
    findings: list[str]


class Accepted(NamedTuple):
    """Values that open nothing, and ids of advisories that do not apply here."""

    secrets: list[str]
    advisories: list[str]


def read_accepted(file: Path = ACCEPTED) -> Accepted:
    """Read what was accepted.

    Raises:
        ScanFailed: an entry has no reason.
    """
    document = tomllib.loads(file.read_text("utf-8"))
    for entry in (*document.get("secret", ()), *document.get("advisory", ())):
        if not entry.get("reason", "").strip():
            raise ScanFailed(f"{file.name}: {entry} has no reason.")
    secrets = [value for entry in document.get("secret", ()) for value in entry["values"]]
    return Accepted(secrets, [entry["id"] for entry in document.get("advisory", ())])


# The deployment in three forms, each of which shows what the others hide: the Terraform files with the reasons beside
# their resources, the modules made from what Chalice writes, and plans, in which conditions have been decided.


def scan_files(work: Path) -> Report:
    return run_checkov("terraform", "--directory", copy_root_module(work), base=work)


def scan_modules(work: Path, build: Path = BUILD) -> Report:
    for module in build.glob("*_app/main.tf.json"):
        template = json.loads(module.read_text("utf-8"))
        # The only block that Checkov cannot read in JSON. It holds versions.
        del template["terraform"]
        copy = work / "modules" / module.relative_to(build)
        copy.parent.mkdir(parents=True)
        copy.write_text(json.dumps(template, indent=2), "utf-8")
    return run_checkov("terraform_json", "--directory", work / "modules", base=work)


def scan_plans(work: Path, build: Path = BUILD) -> Report:
    try:
        find_program()
    except TerraformFailed as missing:
        raise ScanSkipped(str(missing)) from missing
    folder = copy_root_module(work)
    # Checkov finds the reasons in the files by the names of the resources.
    reasons = ("--repo-root-for-plan-enrichment", folder)
    return run_checkov("terraform_plan", "--file", *make_plans(folder, build), *reasons, base=work)


def copy_root_module(work: Path) -> Path:
    """A copy of the root module, without a person's own backend and variables."""
    folder = work / INFRA.name
    (folder / "waf").mkdir(parents=True)
    for name in ("shared", "email_app"):  # Terraform reads the roles and the ledger's keys
        (work / name).symlink_to(ROOT / name)
    for file in [*INFRA.glob("*.tf"), INFRA / ".terraform.lock.hcl", *INFRA.glob("waf/*.tf")]:
        if file.name != "backend.tf":
            shutil.copy(file, folder / file.relative_to(INFRA))
    return folder


def make_plans(folder: Path, build: Path) -> Iterator[Path]:
    """Plan ``PLANS`` for the emulator's account, which is empty."""
    # The emulator cannot describe its type, without which there is no plan.
    (folder / "scan_override.tf").write_text('resource "aws_cloudcontrolapi_resource" "page_style" {\n  count = 0\n}\n')
    (folder.parent / BUILD.name).symlink_to(build)
    with Emulator(folder.parent / "emulator.log", services=DEPLOYMENT_SERVICES) as emulator:
        terraform = Terraform(folder, emulator.environment)
        terraform.init("-lockfile=readonly")
        for name, variables in PLANS.items():
            (folder / "terraform.tfvars.json").write_text(json.dumps(PRODUCTION | variables), "utf-8")
            terraform.read("plan", "-input=false", f"-out={name}.tfplan")
            plan = folder.parent / f"{name}.json"
            plan.write_text(terraform.read("show", "-json", f"{name}.tfplan"), "utf-8")
            yield plan


def run_checkov(framework: str, *arguments: str | Path, base: Path) -> Report:
    """Apply Checkov's rules for ``framework``; files are named relative to ``base``.

    Raises:
        ScanFailed: it broke, could not read a file, or no rule applied to anything.
    """
    # A BC_API_KEY of the person's own would send the results away.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    command = ["checkov", "--config-file", CHECKOV_SETTINGS, "--framework", framework, *arguments]
    answer = run_scanner(*command, cwd=base, env=environment)
    summary = answer.get("summary", {"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0})
    if summary["parsing_errors"] or not summary["passed"] + summary["failed"]:
        raise ScanFailed("Checkov could not read a file, or found nothing to look at.")
    findings = [(check, check["check_name"]) for check in answer["results"]["failed_checks"]]
    findings += [
        (check, "skipped without a reason")
        for check in answer["results"]["skipped_checks"]
        if check["check_result"]["suppress_comment"] in {"", "No comment provided"}
    ]
    return Report(
        f"{summary['passed']} times a rule holds, {summary['skipped']} times a reason says why not",
        [
            f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]} {check['resource']}: "
            f"{check['check_id']}: {text}"
            for check, text in findings
        ],
    )


def scan_history(accepted: Accepted, work: Path, repository: Path = ROOT, *, required: bool = False) -> Report:
    """Look for secrets in every line ever added: what a later commit removes is still readable.

    Raises:
        ScanSkipped: the history is not complete, and not ``required``.
        ScanFailed: it is required, or detect-secrets broke.
    """
    shallow = run_git(repository, "rev-parse", "--is-shallow-repository")
    if shallow is None or shallow.strip() == "true":
        raise (ScanFailed if required else ScanSkipped)(
            "This clone has no complete history: run `git fetch --unshallow`, or clone the repository with git."
        )
    changes = f"{run_git(repository, *LOG)}\0{UNCOMMITTED}\n{run_git(repository, 'diff', 'HEAD', *PATCH)}"
    lines = added_lines(changes)
    for number, (path, added) in enumerate(lines.items()):
        # A folder for each: over time, a name may have been a file's and a folder's. The extension tells the language.
        file = work / str(number) / Path(path).name
        file.parent.mkdir(parents=True)
        file.write_text("\n".join("" if HASH_LINE.fullmatch(line) else line for line in added), "utf-8")
    answer = run_scanner(
        *("detect-secrets", "scan", "--all-files", "--no-verify"),
        # A comment beside a value would hide it without a reason.
        *("--disable-filter", "detect_secrets.filters.allowlist.is_line_allowlisted"),
        *("--exclude-secrets", f"^({'|'.join(map(re.escape, accepted.secrets))})$", "."),
        cwd=work,
    )
    findings = {
        f"{path}: Private Key: in {commit}"
        for path, added in lines.items()
        for line, commit in added.items()
        if PRIVATE_KEY.search(line)
    }
    for file_name, secrets in answer["results"].items():
        path, added = list(lines.items())[int(Path(file_name).parts[0])]
        findings |= {f"{path}: {each['type']}: in {list(added.values())[each['line_number'] - 1]}" for each in secrets}
    return Report(f"{changes.count(chr(0))} changes", sorted(findings))


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


def run_git(repository: Path, *arguments: str) -> str | None:
    result = subprocess.run(  # noqa: S603 - the person's own git
        ["git", "-c", "core.quotePath=false", *arguments],  # noqa: S607
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return None if result.returncode else result.stdout


def scan_advisories(accepted: Accepted, locks: Sequence[Path], *, osv: str = OSV, required: bool = False) -> Report:
    """Ask ``osv`` for known vulnerabilities of every package that the lock files install.

    Raises:
        ScanSkipped: it cannot be reached, and is not ``required``.
        ScanFailed: it is required, or the answers are worthless.
    """
    try:
        answer = httpx.post(osv, json=WELL_KNOWN, timeout=SECONDS).raise_for_status()
    except httpx.HTTPError as unreachable:
        raise (ScanFailed if required else ScanSkipped)(
            f"{httpx.URL(osv).host} cannot be reached from here ({type(unreachable).__name__}), so nothing is known "
            f"about vulnerabilities of the packages in {len(locks)} lock files. Run `make scan AUDIT=1` where it can."
        ) from unreachable
    if b'"vulns"' not in answer.content:
        raise ScanFailed(f"{httpx.URL(osv).host} does not know a well-known vulnerability: it is not OSV.")
    findings, packages = set(), set()
    # One by one: pip-audit refuses a package that two of them contain.
    for lock in locks:
        audit = run_scanner(
            *("pip-audit", "--vulnerability-service=osv", f"--osv-url={osv}", f"--timeout={SECONDS}", "--disable-pip"),
            *("--require-hashes", "--format=json", "--progress-spinner=off", f"--requirement={lock}"),
            *(f"--ignore-vuln={advisory}" for advisory in accepted.advisories),
        )
        for package in audit["dependencies"]:
            name = f"{package['name']} {package.get('version', '')}".strip()
            packages.add(name)
            if "skip_reason" in package:
                findings.add(f"{name}: unknown: {package['skip_reason']}")
            for advisory in package.get("vulns", ()):
                fixed = ", ".join(advisory["fix_versions"]) or "no release"
                findings.add(f"{name}: {advisory['id']}: fixed in {fixed}")
    return Report(f"{len(packages)} packages of {len(locks)} lock files", sorted(findings))


def find_locks(root: Path = ROOT) -> list[Path]:
    """The lock files of the apps and of the environments."""
    return sorted([*root.glob("requirements/*.txt"), *root.glob("*_app/requirements.txt")])


def run_scanner(program: str | Path, *arguments: str | Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """The report of a scanner. Its exit code only says whether something was found.

    Raises:
        ScanFailed: there is none.
    """
    command = [PROGRAMS / program, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # noqa: S603
    try:
        report: dict[str, Any] = json.loads(result.stdout)
    except ValueError:
        said = (result.stderr or result.stdout).strip().splitlines() or ["it said nothing"]
        raise ScanFailed(f"{program} gave no report: {said[-1]}") from None
    return report


def run_scans(scans: Mapping[str, Callable[[], Report]]) -> bool:
    """Run all of them, two at a time, and print what they say. Whether nothing was found, and none failed."""
    with ThreadPoolExecutor(2) as pool:
        futures = {name: pool.submit(scan) for name, scan in scans.items()}
        passed = True
        for name, future in futures.items():
            try:
                report = future.result()
            except ScanSkipped as skipped:
                print(f"{name}: SKIPPED: {skipped}", flush=True)
                continue
            except (ScanFailed, TerraformFailed) as failed:
                print(f"{name}: FAILED: {failed}", flush=True)
                passed = False
                continue
            print(f"{name}: {report.looked_at}; {len(report.findings) or 'nothing'} found", flush=True)
            for finding in report.findings:
                print(f"  {finding}")
            passed = passed and not report.findings
    return passed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = OneSentenceParser("make scan", "Looks for known mistakes: see docs/security.md.")
    parser.add_argument(
        "--audit", action="store_true", help="AUDIT=1: fail where OSV or the complete history is out of reach"
    )
    required = parser.parse_args(arguments).audit
    with TemporaryDirectory(prefix="scan-") as name:
        work = Path(name)
        accepted = read_accepted()
        passed = run_scans(
            {  # the longest first
                "Plans": lambda: scan_plans(work / "plans"),
                "Secrets": lambda: scan_history(accepted, work / "history", required=required),
                "Terraform files": lambda: scan_files(work / "files"),
                "Apps' modules": lambda: scan_modules(work / "modules"),
                "Advisories": lambda: scan_advisories(accepted, find_locks(), required=required),
            }
        )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

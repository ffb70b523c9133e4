"""The one place the version stands; read by the build, the reports and ``ungil --version``."""

VERSION = "0.1.0"

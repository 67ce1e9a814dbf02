"""An authority of our own and certificates that it signs, made by the openssl command."""
import os
import pathlib
import ssl
import subprocess


class Certificates:
    """An authority and what it signs: NAME.pem and NAME-key.pem."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.make("ca", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name, names="IP:127.0.0.1,DNS:localhost"):
        self.make(name, "-CA", self.path("ca"), "-CAkey", self.path("ca-key"), "-addext", f"subjectAltName={names}",
                  "-addext", "basicConstraints=CA:FALSE", "-addext", "extendedKeyUsage=serverAuth,clientAuth")

    def make(self, name, *options):
        """Both files are put in place at once, each."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "30", "-subj", f"/CN={name}", "-keyout", self.path(name + "-key.new"),
                        "-out", self.path(name + ".new"), *options], check=True, capture_output=True)
        for part in (name, name + "-key"):
            os.rename(self.path(part + ".new"), self.path(part))

    def path(self, name):
        return str(self.folder / (name + ".pem"))

    def client(self):
        return ssl.create_default_context(cafile=self.path("ca"))

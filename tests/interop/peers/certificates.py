"""A certificate authority of a test's own, made with openssl."""

import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """Signs certificates; `certificate` is the file that says so, to be given to those who are to trust it."""

    def __init__(self, folder, name="authority"):
        self.folder = folder
        self.certificate, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        openssl("req", "-x509", *KEY, "-subj", f"/CN={name}", "-days", "2", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, usage="serverAuth"):
        """Returns the files of a certificate for this machine in the name of somebody, and of its key."""
        certificate, key, request = (self.folder / f"{name}.{kind}" for kind in ("crt", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage={usage}\n")
        openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        authority = ["-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial"]
        openssl("x509", "-req", "-in", request, *authority, "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"

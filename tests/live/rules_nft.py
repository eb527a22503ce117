# SPDX-License-Identifier: BSD-3-Clause
"""libnftables, for rules_netns.py: a command costs no process."""
import ctypes
import json
import re

JSON, STATELESS = 1 << 4, 1 << 1


class Nft:
    def __init__(self):
        self.library = library = ctypes.CDLL('libnftables.so.1')
        library.nft_ctx_new.restype = ctypes.c_void_p
        for name in ('nft_ctx_get_output_buffer', 'nft_ctx_get_error_buffer'):
            getattr(library, name).restype = ctypes.c_char_p
            getattr(library, name).argtypes = [ctypes.c_void_p]
        for name in ('nft_ctx_buffer_output', 'nft_ctx_buffer_error'):
            getattr(library, name).argtypes = [ctypes.c_void_p]
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        library.nft_ctx_free.argtypes = [ctypes.c_void_p]

    def run(self, text, flags=0):
        """(status, output, errors). Each run has a context of its own, as nft has."""
        library = self.library
        context = library.nft_ctx_new(0)
        library.nft_ctx_buffer_output(context)
        library.nft_ctx_buffer_error(context)
        library.nft_ctx_output_set_flags(context, flags)
        status = library.nft_run_cmd_from_buffer(context, text.encode())
        out = library.nft_ctx_get_output_buffer(context).decode()
        errors = library.nft_ctx_get_error_buffer(context).decode()
        library.nft_ctx_free(context)
        return status, out, errors

    def listed(self):
        """The ruleset of the kernel as JSON."""
        return self.run('list ruleset', JSON)[1]

    def load(self, lines):
        """Load rules; lines of chains that nft does not take are left out. False: the
        rest cannot be loaded either."""
        for _ in range(10):
            status, _, errors = self.run('\n'.join(lines))
            if status == 0:
                return True
            bad = {int(n) for n in re.findall(r'^<cmdline>:(\d+):', errors, re.M)}
            for number in bad:
                if lines[number - 1].startswith('  '):
                    lines[number - 1] = ''
        return False

    def untranslate(self):
        """Delete the tables that translate addresses, which sluice does not do."""
        objects = json.loads(self.listed())['nftables']
        chains = [o['chain'] for o in objects if 'chain' in o]
        for family, table in {(c['family'], c['table'])
                              for c in chains if c.get('type') == 'nat'}:
            self.run(f'delete table {family} {table}')

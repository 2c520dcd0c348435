# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook for libvirt's QEMU guests, called in libvirt's order with XML as libvirt writes it."""

import pytest

from policies import allow, policy

ALLOWED, OTHER = "192.0.2.10", "192.0.2.11"
POLICY = policy(allow(protocols=["tcp"], ips=[ALLOWED], ports=["443"]))

DOMAIN = """\
<domain type='kvm' id='3'>
  <name>web</name>
  <uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://debian.org/debian/12"/>
    </libosinfo:libosinfo>
  </metadata>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <source file='/var/lib/libvirt/images/web.qcow2' index='1'/>
      <backingStore/>
      <target dev='vda' bus='virtio'/>
      <alias name='virtio-disk0'/>
    </disk>
{interfaces}    <serial type='pty'>
      <source path='/dev/pts/3'/>
      <target type='isa-serial' port='0'>
        <model name='isa-serial'/>
      </target>
    </serial>
  </devices>
  <seclabel type='dynamic' model='dac' relabel='yes'>
    <label>+64055:+64055</label>
  </seclabel>
</domain>
"""


def interface(device=None, kind="ethernet", more=""):
    target = f"      <target dev='{device}'/>\n" if device else ""
    return (
        f"    <interface type='{kind}'>\n      <mac address='52:54:00:c7:e7:01'/>\n{more}{target}"
        "      <model type='virtio'/>\n      <alias name='net0'/>\n"
        "      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n    </interface>\n"
    )


def domain(*interfaces):
    return DOMAIN.format(interfaces="".join(interfaces))


class Libvirt:
    def __init__(self, host):
        self.host = host
        self.hook = host.hook("libvirt-qemu", installed_as="qemu")

    def call(self, guest, operation, xml, extra="-"):
        when = "end" if operation in ("stopped", "release") else "begin"
        return self.host.namespace.run(self.hook, guest, operation, when, extra, input=xml, check=False)

    def must(self, guest, operation, xml, extra="-"):
        answer = self.call(guest, operation, xml, extra)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", ""), operation

    def start(self, guest, xml):
        for operation in ("prepare", "start", "started"):
            self.must(guest, operation, xml)

    def stop(self, guest, xml):
        self.must(guest, "stopped", xml)
        self.must(guest, "release", xml, extra="shutdown")


@pytest.fixture
def libvirt(host):
    return Libvirt(host)


def test_the_life_of_a_guest(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    xml = domain(interface("vnet7"))
    libvirt.must("web", "prepare", domain(interface()))
    assert host.bindings == []
    with host.tap("vnet7") as card:
        libvirt.must("web", "start", xml)
        assert host.bindings == [("vnet7", "web")]
        guest = host.run_guest(card, 7, gateway_on="vnet7")
        libvirt.must("web", "started", xml)
        host.lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=guest)
        libvirt.must("web", "reconnect", xml)
        host.lab.reach(f"tcp {ALLOWED} 443", f"tcp {OTHER} 443", namespace=guest)
    libvirt.stop("web", xml)
    assert (host.bindings, host.policies, host.lab.nft("list", "ruleset")) == ([], [], "")


def test_guests_that_share_a_policy(libvirt, host):
    host.lab.nfw("load", host.lab.file("office.yaml", POLICY), "--port", "up0")
    host.lab.nfw("detach", "--port", "up0")
    host.write("guests.d/web 1.policy", "office\n")
    host.write("guests.d/2nd.policy", "office")
    first, second = domain(interface("vnet7"), interface("vnet8")), domain(interface("vnet9"))
    with host.tap("vnet7"), host.tap("vnet8"), host.tap("vnet9"):
        libvirt.start("web 1", first)
        libvirt.start("2nd", second)
        assert host.bindings == [("vnet7", "office"), ("vnet8", "office"), ("vnet9", "office")]
        libvirt.stop("web 1", first)
        assert host.bindings == [("vnet9", "office")]
        libvirt.stop("2nd", second)
    assert (host.bindings, host.policies) == ([], ["office"])


def test_a_guest_without_a_policy_is_left_alone(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    xml = domain(interface("vnet7", "user"))
    for operation in ("prepare", "start", "started", "reconnect", "attach", "migrate", "restore", "stopped", "release"):
        libvirt.must("webb", operation, xml)
        libvirt.must("we", operation, "")
    assert (host.bindings, host.policies) == ([], [])


def test_a_guest_without_interfaces_starts(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    libvirt.start("web", domain())
    libvirt.stop("web", domain())


def test_the_xml_stays_as_it_is(libvirt, host):
    """What is printed would take its place."""
    host.write("guests.d/web.yaml", POLICY)
    for operation in ("migrate", "restore"):
        libvirt.must("web", operation, domain(interface()))


HIDDEN = "<x:devices><interface type='user'><target dev='no1'/></interface></x:devices>"


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("'", '"'),
        lambda xml: xml.replace("\n", ""),
        lambda xml: "<?xml version='1.0' encoding='UTF-8'?>\n" + xml.replace("dev='vnet7'", "\n\tdev = 'vnet7' managed='no'\n"),
        lambda xml: xml.replace("<metadata>", f"<metadata><x:a xmlns:x='u' y='> />'>{HIDDEN.replace('x:', '')}</x:a>"),
        lambda xml: xml.replace("<metadata>", f"<metadata><!-- {HIDDEN} --><![CDATA[{HIDDEN}]]>"),
        lambda xml: xml.replace("<devices>", f"<devices><!-- {HIDDEN} -->"),
        lambda xml: xml.replace("<target dev='vnet7'/>", "<target dev='vnet7'></target ><guest dev='no2'/>"),
    ],
    ids=["quotes", "one line", "spaces", "metadata", "sections", "comments", "end tag"],
)
def test_however_the_xml_is_written(libvirt, host, change):
    host.write("guests.d/web.yaml", POLICY)
    with host.tap("vnet7"), host.tap("no1"), host.tap("no2"):
        libvirt.start("web", change(domain(interface("vnet7"))))
        assert host.bindings == [("vnet7", "web")]


REFUSED = {
    "no policy file": (None, interface("vnet7"), "web.yaml"),
    "not valid": ('version: "1.0"', interface("vnet7"), "policy/missing-key"),
    "no learner": (policy(allow(domains=["a.example"])), interface("vnet7"), "load/no-learner"),
    "user networking": (POLICY, interface("vnet7") + interface(kind="user"), "type user cannot be filtered"),
    "macvtap": (POLICY, interface("vnet7", "direct"), "type direct cannot be filtered"),
    "vhost-user": (POLICY, interface("vhost-user0", "vhostuser"), "type vhostuser cannot be filtered"),
    "no type": (POLICY, interface("vnet7").replace("type='ethernet'", ""), "type unknown"),
    "no tap": (POLICY, interface("vnet0"), "vnet0 is not a tap"),
    "no device": (POLICY, interface("vnet77"), "vnet77 is not a tap"),
    "not in force on all": (POLICY, interface("vnet7") + interface("vnet77"), "vnet77 is not a tap"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_enforced_does_not_start(libvirt, host, case):
    text, interfaces, message = REFUSED[case]
    if text is None:
        (host.configuration / "guests.d/web.yaml").symlink_to("nowhere.yaml")
    else:
        host.write("guests.d/web.yaml", text)
    with host.tap("vnet7"):
        answer = libvirt.call("web", "start", domain(interfaces))
        assert answer.returncode != 0 and message in answer.stderr
        assert (host.bindings, host.policies) == ([], [])


@pytest.mark.parametrize("length", [0, 100, 900, -3])
def test_a_part_of_the_xml_is_not_enough(libvirt, host, length):
    host.write("guests.d/web.yaml", POLICY)
    with host.tap("vnet7"):
        answer = libvirt.call("web", "start", domain(interface("vnet7"))[:length])
        assert answer.returncode != 0 and "cannot read the XML" in answer.stderr
        assert host.bindings == []


@pytest.mark.parametrize("text, message", [("office\n", "not-loaded"), ("", "names no policy"), ("a b\n", "a b")])
def test_a_shared_policy_has_to_be_in_force(libvirt, host, text, message):
    host.write("guests.d/web.policy", text)
    with host.tap("vnet7"):
        answer = libvirt.call("web", "start", domain(interface("vnet7")))
        assert answer.returncode != 0 and message in answer.stderr


def test_two_policies_are_one_too_many(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    host.write("guests.d/web.policy", "office\n")
    answer = libvirt.call("web", "start", domain())
    assert answer.returncode != 0 and "has both" in answer.stderr


def test_a_device_may_come_after_start_and_not_later(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    with host.tap("vnet7"), host.tap("vnet8"):
        libvirt.must("web", "start", domain(interface("vnet7"), interface()))
        answer = libvirt.call("web", "started", domain(interface("vnet7"), interface()))
        assert answer.returncode != 0 and "has no device" in answer.stderr
        libvirt.must("web", "started", domain(interface("vnet7"), interface("vnet8")))
        assert host.bindings == [("vnet7", "web"), ("vnet8", "web")]


def test_a_guest_that_runs_keeps_its_policy_when_the_file_is_broken(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    xml = domain(interface("vnet7"))
    with host.tap("vnet7"):
        libvirt.start("web", xml)
        host.write("guests.d/web.yaml", POLICY.replace("ips", "ip"))
        answer = libvirt.call("web", "reconnect", xml)
        assert answer.returncode == 0 and "stays under the policy that was loaded before" in answer.stderr
        assert host.bindings == [("vnet7", "web")]
        host.lab.nfw("unload", "web", "--force")
        assert libvirt.call("web", "reconnect", xml).returncode != 0


def test_an_interface_in_a_bridge(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    xml = domain(interface("vnet7", "network", "      <source network='default' portid='b0d6' bridge='virbr0'/>\n"))
    host.namespace.run("ip", "link", "add", "virbr0", "up", "type", "bridge")
    with host.tap("vnet7") as card:
        host.namespace.run("ip", "link", "set", "vnet7", "master", "virbr0")
        answer = libvirt.call("web", "start", xml)
        if not host.tracks_bridges():
            assert answer.returncode != 0 and "kernel/no-bridge-conntrack" in answer.stderr
            assert host.bindings == []
            return
        assert (answer.returncode, host.bindings) == (0, [("vnet7", "web")])
        guest = host.run_guest(card, 7, gateway_on="virbr0")
        host.lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=guest)


def test_an_interface_in_something_else_than_a_bridge(libvirt, host):
    host.write("guests.d/web.yaml", POLICY)
    kinds = (("team",), ("bond",), ("vrf", "table", "77"))
    made = [host.namespace.run("ip", "link", "add", "other0", "type", *kind, check=False).returncode == 0 for kind in kinds]
    if not any(made):
        pytest.skip("this kernel has neither team nor bond nor vrf")
    with host.tap("vnet7"):
        host.namespace.run("ip", "link", "set", "vnet7", "down")
        if host.namespace.run("ip", "link", "set", "vnet7", "master", "other0", check=False).returncode != 0:
            pytest.skip("a tap cannot be a part of it")
        answer = libvirt.call("web", "start", domain(interface("vnet7", "bridge")))
        assert answer.returncode != 0 and "not in a bridge of the kernel's" in answer.stderr


FILTER = "<!-- of this guest -->\n<filterref filter='{}'>\n  <parameter name='IP' value='192.0.2.7'/>\n</filterref>\n"


def bridged(device):
    return interface(device, "network", "      <source network='default' bridge='virbr0'/>\n")


@pytest.fixture
def bridge(host):
    host.namespace.run("ip", "link", "add", "virbr0", "up", "type", "bridge")
    return lambda device: host.namespace.run("ip", "link", "set", device, "master", "virbr0")


def test_a_network_filter(libvirt, host, bridge):
    host.write("guests.d/a & b.filter", FILTER.format("clean-traffic"))
    xml = domain(bridged("vnet7"))
    with host.tap("vnet7"), host.tap("vnet8"):
        bridge("vnet7")
        libvirt.must("a & b", "prepare", domain(bridged(None)))
        libvirt.must("a & b", "start", xml)
        assert (host.filters, host.bindings) == ([("vnet7", "clean-traffic")], [])
        binding = host.namespace.run(host.folder / "nfwpolicy", "nwfilter-binding-dumpxml", "vnet7").stdout
        for part in ("<name>a &amp; b</name>", "<uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>",
                     "<mac address='52:54:00:c7:e7:01'/>", "value='192.0.2.7'"):
            assert part in binding
        before = host.lab.nft("-s", "list", "ruleset")
        libvirt.must("a & b", "started", xml)
        libvirt.must("a & b", "reconnect", xml)
        assert host.lab.nft("-s", "list", "ruleset") == before
    libvirt.stop("a & b", xml)
    assert (host.filters, host.lab.nft("list", "ruleset")) == ([], "")


def test_a_filter_of_a_guest_that_was_there_before(libvirt, host, bridge):
    """The host crashed, and another guest has the device now."""
    host.write("guests.d/old.filter", FILTER.format("no-mac-spoofing"))
    host.write("guests.d/new.filter", FILTER.format("clean-traffic"))
    with host.tap("vnet7"):
        bridge("vnet7")
        libvirt.must("old", "start", domain(bridged("vnet7")))
        libvirt.must("new", "start", domain(bridged("vnet7")))
        assert host.filters == [("vnet7", "clean-traffic")]


@pytest.mark.parametrize("text, message", [
    (None, "web.filter"),
    ("", "no element filterref"),
    ("<filterref filter='nowhere'/>", "nwfilter/no-filter"),
    ("<filterref filter='clean-traffic'>\n  <parameter name='IP' vaule='192.0.2.1'/></filterref>", ":2:"),
])
def test_a_filter_that_cannot_be_in_force(libvirt, host, bridge, text, message):
    if text is None:
        (host.configuration / "guests.d/web.filter").symlink_to("nowhere.filter")
    else:
        host.write("guests.d/web.filter", text)
    with host.tap("vnet7"):
        bridge("vnet7")
        answer = libvirt.call("web", "start", domain(bridged("vnet7")))
        assert answer.returncode != 0 and message in answer.stderr
        assert host.filters == []


def test_filter_and_policy(libvirt, host, bridge):
    host.write("guests.d/web.yaml", POLICY)
    host.write("guests.d/web.filter", FILTER.format("clean-traffic"))
    xml = domain(bridged("vnet7"))
    with host.tap("vnet7"):
        bridge("vnet7")
        answer = libvirt.call("web", "start", xml)
        if host.tracks_bridges():
            assert (answer.returncode, host.bindings, host.filters) == (0, [("vnet7", "web")], [("vnet7", "clean-traffic")])
        else:
            assert answer.returncode != 0 and "kernel/no-bridge-conntrack" in answer.stderr
    libvirt.stop("web", xml)
    assert (host.filters, host.bindings, host.lab.nft("list", "ruleset")) == ([], [], "")


def test_a_name_that_leads_elsewhere(libvirt, host):
    answer = libvirt.call("../lima.d/web", "start", domain())
    assert answer.returncode != 0 and "a / in it" in answer.stderr

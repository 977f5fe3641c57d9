"""HRNet's representations, beside the hosts' where they have them."""

import pytest
import torch
from mmengine.registry import MODELS
from model_tester import check_model, max_difference

import uhrnet.models  # noqa: F401
from uhrnet.models import UHRNet

# isort: split
from mmdet.models.necks import HRFPN
from mmseg.models.decode_heads import FCNHead

WIDTHS = [4, 8, 16, 32]
NORM = dict(norm_cfg=dict(type='BN'))
ACT = dict(act_cfg=dict(type='ReLU'))
KINDS = ['HRNetV1', 'HRNetV1h', 'HRNetV2', 'HRNetV2p']


def maps(height=16, width=24, channels=WIDTHS):
    """Of a backbone; sizes are rounded up."""
    return [
        torch.randn(2, x, -(-height // 2**i), -(-width // 2**i))
        for i, x in enumerate(channels)
    ]


def build(kind, channels=WIDTHS, **kwargs):
    model = MODELS.build(dict(type=kind, in_channels=channels, **kwargs))
    model.init_weights()
    return model


class FromOneImage(torch.nn.Module):
    """A neck behind maps that are made from an image without parameters."""

    def __init__(self, neck, channels):
        super().__init__()
        self.neck = neck
        self.channels = channels
        self.out_channels = neck.out_channels
        self.out_strides = neck.out_strides

    def forward(self, x):
        pooled = [
            torch.nn.functional.avg_pool2d(x, 2**i, ceil_mode=True)
            for i in range(len(self.channels))
        ]
        return self.neck(
            [
                y.repeat(1, width // y.shape[1], 1, 1)
                for y, width in zip(pooled, self.channels, strict=True)
            ]
        )


@pytest.mark.parametrize('channels', [WIDTHS, [2, 4, 8, 16, 32]], ids=str)
@pytest.mark.parametrize(
    'kind, options',
    [
        ('HRNetV1h', {}),
        ('HRNetV1h', NORM | ACT),
        ('HRNetV2', {}),
        ('HRNetV2', NORM | ACT),
        ('HRNetV2', NORM | dict(with_cp=True, out_channels=7)),
        ('HRNetV2p', dict(out_channels=8)),
        ('HRNetV2p', dict(out_channels=8, stride=2, num_outs=3)),
        ('HRNetV2p', dict(out_channels=8, share_conv=True, pooling='max')),
        ('HRNetV2p', dict(out_channels=8, with_cp=True) | NORM | ACT),
    ],
    ids=str,
)
def test_common_checks(kind, options, channels):
    check_model(
        lambda: FromOneImage(build(kind, channels, **options), channels),
        lambda height, width: torch.randn(2, 2, height, width),
        export='with_cp' not in options,
    )


@pytest.mark.parametrize('pooling', ['avg', 'max'])
@pytest.mark.parametrize('stride', [1, 2])
def test_v2p_equals_hrfpn(pooling, stride):
    """With its weights, at a size that 32 divides. Their names are equal."""
    host = HRFPN(WIDTHS, 16, pooling_type=pooling.upper(), stride=stride)
    ours = build('HRNetV2p', out_channels=16, pooling=pooling, stride=stride)
    ours.load_state_dict(host.state_dict())
    x = maps(32, 48)
    with torch.no_grad():
        difference = max_difference(ours(x), host(x))
    print(f'HRFPN, {pooling}, stride {stride}: difference {difference:.1e}')
    assert difference < 1e-6


def test_v2p_equals_hrfpn_in_training():
    """Gradients of weights and maps too, with and without recomputation."""
    host = HRFPN(WIDTHS, 16)
    x = [y.requires_grad_() for y in maps(32, 48)]
    results = []
    for model in (
        host,
        build('HRNetV2p', out_channels=16),
        build('HRNetV2p', out_channels=16, with_cp=True),
    ):
        model.load_state_dict(host.state_dict())
        outs = model(x)
        sum((out**2).sum() for out in outs).backward()
        grads = [p.grad for p in model.parameters()] + [y.grad for y in x]
        results.append(tuple(grad.clone() for grad in grads))
        for y in x:
            y.grad = None
    differences = [max_difference(r, results[0]) for r in results[1:]]
    print(f'HRFPN, gradients: differences {differences}')
    assert max(differences) < 1e-5


@pytest.mark.parametrize('size', [(18, 23), (9, 12), (1, 1)], ids=str)
def test_v2p_where_windows_reach_over_the_edge(size):
    """The mean, or the largest, of the pixels that are there."""
    x = torch.randn(1, 3, *size)
    for pooling, reduce in (('avg', torch.mean), ('max', torch.amax)):
        neck = build('HRNetV2p', out_channels=3, pooling=pooling)
        pooled = neck.pool(x, 4)
        rows, columns = -(-size[0] // 4), -(-size[1] // 4)
        assert pooled.shape == (1, 3, rows, columns)
        for i in range(rows):
            for j in range(columns):
                window = x[..., 4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
                expected = reduce(window, (2, 3))
                assert torch.allclose(pooled[..., i, j], expected, atol=1e-6)


def test_v2p_options():
    """Every argument changes parameters or outputs as it should."""
    torch.manual_seed(0)
    plain = build('HRNetV2p', out_channels=16)
    x = maps()

    def run(**options):
        model = build('HRNetV2p', out_channels=16, **options)
        model.load_state_dict(plain.state_dict(), strict=False)
        with torch.no_grad():
            return model.eval()(x)

    outs = run()
    assert [y.shape[2:] for y in outs] == [
        (16, 24), (8, 12), (4, 6), (2, 3), (1, 2)
    ]  # fmt: skip
    (pooled, *_) = (y for y in run(pooling='max')[1:])
    assert not torch.allclose(pooled, outs[1])
    assert torch.equal(run(pooling='max')[0], outs[0])
    assert [y.shape[2:] for y in run(stride=2)] == [
        (8, 12), (4, 6), (2, 3), (1, 2), (1, 1)
    ]  # fmt: skip
    assert len(run(num_outs=3)) == 3
    assert (run(**ACT)[0] >= 0).all() and (outs[0] < 0).any()
    assert max_difference(run(with_cp=True), outs) == 0

    def names(**options):
        model = build('HRNetV2p', out_channels=16, **options)
        return {name for name, _ in model.named_parameters()}

    convs = {f'fpn_convs.{i}.conv' for i in range(5)} | {'reduction_conv.conv'}
    assert names() == {f'{x}.{y}' for x in convs for y in ('weight', 'bias')}
    assert names(share_conv=True) == {
        f'{x}.{y}'
        for x in ('reduction_conv.conv', 'fpn_convs.0.conv')
        for y in ('weight', 'bias')
    }
    normed = names(**NORM)
    assert 'reduction_conv.bn.weight' in normed
    assert 'fpn_convs.4.bn.bias' in normed
    assert not any(name.endswith('conv.bias') for name in normed)
    with pytest.raises(ValueError, match="'AVG'.*'avg' or 'max'"):
        build('HRNetV2p', pooling='AVG')


def test_v2p_starts_as_the_authors_did():
    torch.manual_seed(0)
    neck = build('HRNetV2p', [18, 36, 72, 144])
    for conv in (neck.reduction_conv.conv, neck.fpn_convs[3].conv):
        fan_in = conv.weight[0].numel()
        assert conv.weight.std().item() == pytest.approx(
            fan_in**-0.5, rel=0.05
        )
        assert not conv.bias.any()


@pytest.mark.parametrize('kind', ['HRNetV2', 'HRNetV2p'])
def test_with_cp_keeps_less(kind):
    """For the backward pass, of the same outputs."""

    def kept(model):
        sizes = []

        def pack(x):
            sizes.append(x.numel())
            return x

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
            outs = model(x)
        return sum(sizes), outs

    x = [y.requires_grad_() for y in maps()]
    plain = build(kind, **NORM, **ACT)
    saving = build(kind, with_cp=True, **NORM, **ACT)
    saving.load_state_dict(plain.state_dict())
    (more, expected), (less, outs) = kept(plain), kept(saving)
    print(f'{kind}: {more} values kept, {less} with with_cp')
    assert less < 0.5 * more
    assert max_difference(outs, expected) == 0


@pytest.mark.parametrize('kind', ['HRNetV1h', 'HRNetV2'])
def test_width_and_norm(kind):
    """Each option shows in the parameters."""

    def shapes(**options):
        state = build(kind, **options).state_dict()
        return {key.split('.', 1)[1]: x.shape for key, x in state.items()}

    plain = shapes()
    assert plain.keys() == {'conv.weight', 'conv.bias'}
    assert plain['conv.weight'][0] == 60
    assert shapes(out_channels=7)['conv.weight'][0] == 7
    normed = shapes(**NORM)
    assert 'conv.bias' not in normed and 'bn.weight' in normed
    assert shapes(**ACT) == plain  # its effect is on the outputs


@pytest.mark.parametrize('kind', KINDS[1:])
def test_init_cfg(kind):
    twos = dict(type='Constant', layer='Conv2d', val=2)
    neck = build(kind, init_cfg=twos)
    convs = [x for x in neck.modules() if isinstance(x, torch.nn.Conv2d)]
    assert convs and all((conv.weight == 2).all() for conv in convs)


@pytest.mark.parametrize('size', [(32, 48), (18, 23)], ids=str)
def test_v2_and_a_classifier_are_mmsegmentations_head(size, mmseg_scope):
    head = FCNHead(
        in_channels=WIDTHS,
        in_index=[0, 1, 2, 3],
        input_transform='resize_concat',
        channels=60,
        kernel_size=1,
        num_convs=1,
        concat_input=False,
        num_classes=5,
        norm_cfg=dict(type='BN'),
        align_corners=False,
    ).eval()
    neck = build('HRNetV2', **NORM, **ACT).eval()
    neck.mix.load_state_dict(head.convs[0].state_dict())
    x = maps(*size)
    with torch.no_grad():
        (mixed,) = neck(x)
        assert mixed.shape == (2, 60, *size)
        assert torch.equal(head.conv_seg(mixed), head(x))


def test_v1_and_v1h():
    x = maps()
    (high,) = build('HRNetV1')(x)
    assert high is x[0]
    (wide,) = build('HRNetV1h')(x)
    assert wide.shape == (2, 15 * 4, 16, 24)
    (narrow,) = build('HRNetV1h', out_channels=5)(x)
    assert narrow.shape == (2, 5, 16, 24)
    (active,) = build('HRNetV1h', **NORM, **ACT)(x)
    assert (active >= 0).all() and (wide < 0).any()
    # The lower resolutions have no part in it.
    neck = build('HRNetV1h')
    others = [x[0], *maps()[1:]]
    assert torch.equal(neck(x)[0], neck(others)[0])


@pytest.mark.parametrize('kind', KINDS)
def test_another_backbone_is_named(kind):
    with pytest.raises(ValueError, match=r'\(4, 8, 16, 32\).*\(2, 4, 8, 16\)'):
        build(kind)(maps(channels=[2, 4, 8, 16]))
    with pytest.raises(ValueError, match='must name'):
        build(kind, [])


@pytest.mark.parametrize('size', [(70, 90), (33, 47)], ids=str)
@pytest.mark.parametrize('body', ['uhrnet', 'mmseg', 'ours'])
def test_behind_a_backbone(size, body):
    """Sizes that 32 does not divide; a gradient for every parameter."""
    from mmseg.models.backbones import HRNet

    from uhrnet.models.backbones.hrnet_arch import stages_of
    from uhrnet.segmentation.backbones import ExactHRNet

    norm = dict(type='BN')
    backbone = {
        'uhrnet': lambda: UHRNet('w18-small', norm_cfg=norm),
        'mmseg': lambda: HRNet(stages_of('w18-small-v2'), norm_cfg=norm),
        'ours': lambda: ExactHRNet('w18-small-v2', norm_cfg=norm),
    }[body]()
    widths = (9, 18, 36, 72, 144) if body == 'uhrnet' else (18, 36, 72, 144)
    neck = build('HRNetV2p', widths, out_channels=32)
    outs = neck(backbone(torch.randn(2, 3, *size)))
    for out, stride in zip(outs, neck.out_strides, strict=True):
        quarter = [-(-side // 4) for side in size]
        expected = [-(-side // stride) for side in quarter]
        assert list(out.shape) == [2, 32, *expected]
    sum((out * torch.randn_like(out)).sum() for out in outs).backward()
    for part in (backbone, neck):
        assert all(
            p.grad is not None and p.grad.any() for p in part.parameters()
        )

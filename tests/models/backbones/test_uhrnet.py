import pytest
import torch
from mmengine.registry import MODELS, DefaultScope
from model_tester import check_model, max_difference
from torch.nn.modules.batchnorm import _BatchNorm

from uhrnet.models import UHRNet
from uhrnet.models.backbones import ARCHS

TINY = dict(base_channels=8, num_modules=(1,) * 8, num_blocks=1)


def images(height, width):
    return torch.randn(2, 3, height, width)


def build(**kwargs):
    model = UHRNet(**{'arch': TINY} | kwargs)
    model.init_weights()
    return model


@pytest.mark.parametrize(
    'options',
    [
        dict(arch='w18-small'),
        dict(),
        dict(return_stem=True),
        dict(memory_format='contiguous'),
        dict(with_cp=True),
        dict(norm_cfg=dict(type='GN', num_groups=2)),
    ],
    ids=str,
)
def test_common_checks(options):
    check_model(lambda: build(**options), images, export=not options)


@pytest.mark.parametrize(
    'arch, params',
    [('w18-small', 13156784), ('w18', 25889016), ('w48', 181371456)],
)
def test_parameter_counts(arch, params):
    with torch.device('meta'):
        model = UHRNet(arch)
    assert sum(p.numel() for p in model.parameters()) == params


@pytest.mark.parametrize('arch', ARCHS)
def test_outputs_of_named_variants(arch):
    with torch.device('meta'):
        model = UHRNet(arch)
        outs = model(torch.empty(1, 3, 130, 70))
    c = ARCHS[arch].base_channels
    assert model.out_channels == (c // 2, c, 2 * c, 4 * c, 8 * c)
    assert model.out_strides == (4, 8, 16, 32, 64)
    assert [tuple(x.shape[2:]) for x in outs] == [
        (33, 18), (17, 9), (9, 5), (5, 3), (3, 2),
    ]  # fmt: skip


@pytest.mark.parametrize('scope', ['mmseg', 'mmdet', 'mmpose', 'mmengine'])
def test_one_registration_serves_every_toolbox(scope):
    with DefaultScope.overwrite_default_scope(scope):
        model = MODELS.build(dict(type='UHRNet', arch=TINY))
    assert isinstance(model, UHRNet)


def test_stem_is_prepended():
    model = build(return_stem=True).eval()
    x = images(33, 64)
    with torch.no_grad():
        stem, *rest = model(x)
        model.return_stem = False
        plain = model(x)
    assert stem.shape == (2, 64, 17, 32)
    assert max_difference(tuple(rest), plain) == 0


def test_in_channels():
    model = build(in_channels=5).eval()
    assert model(torch.randn(1, 5, 32, 32))[0].shape == (1, 4, 8, 8)
    with pytest.raises(ValueError, match=r'\(N, 5, H, W\) and got \(1, 3'):
        model(torch.randn(1, 3, 32, 32))


@pytest.mark.parametrize(
    'arguments, error, message',
    [
        (dict(arch='w32'), ValueError, "'w18-small', 'w18', 'w48'"),
        (dict(arch=dict(base_channels=8)), ValueError, 'num_modules'),
        (dict(arch=TINY | dict(base_channels=9)), ValueError, 'even'),
        (dict(arch=TINY | dict(num_modules=(1, 1))), ValueError, '8 positive'),
        (dict(arch=TINY | dict(num_blocks=0)), ValueError, 'num_blocks'),
        (dict(frozen_stages=10), ValueError, '-1 to 9, not 10'),
        (dict(memory_format='nhwc'), ValueError, 'channels_last, contiguous'),
        (dict(archh='w18'), TypeError, 'archh'),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        UHRNet(**arguments)


def test_memory_format_of_weights_and_maps():
    def is_channels_last(x):
        return x.is_contiguous(memory_format=torch.channels_last)

    last, first = build(), build(memory_format='contiguous')
    assert is_channels_last(last.stage2.parts[0].high[0].conv1.conv.weight)
    assert all(is_channels_last(x) for x in last(images(64, 64)))
    assert first.stage2.parts[0].high[0].conv1.conv.weight.is_contiguous()
    first.load_state_dict(last.state_dict())
    x = images(64, 64)
    difference = max_difference(last.eval()(x), first.eval()(x))
    print(f'channels_last: max relative difference {difference:.1e}')
    assert difference < 1e-5


@pytest.mark.parametrize('frozen', [-1, 0, 1, 2, 5, 9])
def test_frozen_stages(frozen):
    model = build(frozen_stages=frozen).train()
    stages = ['stem1 stem2', 'stage1', 'split down1 stage2', 'down2 stage3']
    stages += ['down3 stage4', 'down4 stage5', 'up5 stage6', 'up6 stage7']
    stages += ['up7 stage8', 'stage9']
    assert sorted(n for s in stages for n in s.split()) == sorted(
        name for name, _ in model.named_children()
    )
    for number, names in enumerate(stages):
        for name in names.split():
            part = getattr(model, name)
            active = number > frozen
            assert all(p.requires_grad == active for p in part.parameters())
            assert all(
                m.training == active
                for m in part.modules()
                if isinstance(m, _BatchNorm)
            )


def test_frozen_statistics_stay():
    model = build(frozen_stages=3).train()
    before = {k: v.clone() for k, v in model.named_buffers()}
    model(images(64, 64))
    moved = {
        key.split('.')[0]
        for key, value in model.named_buffers()
        if not torch.equal(value, before[key])
    }
    assert moved == {
        'down3', 'stage4', 'down4', 'stage5', 'up5', 'stage6', 'up6',
        'stage7', 'up7', 'stage8', 'stage9',
    }  # fmt: skip


def test_norm_eval():
    model = build(norm_eval=True).train()
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    assert norms and not any(m.training for m in norms)
    assert model.stage2.training
    assert all(p.requires_grad for p in model.parameters())


def test_recomputation_changes_nothing_but_memory():
    plain, sparing = build(), build(with_cp=True)
    sparing.load_state_dict(plain.state_dict())
    x = images(64, 64)
    results = []
    for model in (plain, sparing):
        sum(out.square().mean() for out in model.train()(x)).backward()
        gradients = tuple(p.grad for p in model.parameters())
        results.append((gradients, tuple(b.float() for b in model.buffers())))
    difference = max_difference(results[0][0], results[1][0])
    print(f'gradients: max relative difference {difference:.1e}')
    assert difference < 1e-5
    assert max_difference(results[0][1], results[1][1]) == 0


@pytest.mark.parametrize('with_cp', [False, True])
def test_compiles(with_cp):
    model = build(with_cp=with_cp).train()
    compiled = torch.compile(model, backend='eager', fullgraph=not with_cp)
    x = images(64, 64)
    expected = model(x)
    assert max_difference(compiled(x), expected) < 1e-5


def test_recomputation_saves_memory():
    def saved_values(model):
        sizes = []
        hooks = torch.autograd.graph.saved_tensors_hooks(
            lambda x: (sizes.append(x.numel()), x)[1], lambda x: x
        )
        with hooks:
            model.train()(images(64, 64))
        return sum(sizes)

    assert saved_values(build(with_cp=True)) < 0.5 * saved_values(build())


def test_default_initialisation_keeps_the_scale_of_activations():
    model = build(arch='w18-small').train()
    assert all(0.01 < out.std() < 10 for out in model(images(128, 128)))
    assert all(
        (m.weight == 1).all() and (m.bias == 0).all()
        for m in model.modules()
        if isinstance(m, _BatchNorm)
    )


def test_init_cfg_of_the_original():
    model = build(init_cfg=dict(type='Normal', layer='Conv2d', std=0.001))
    weights = torch.cat(
        [
            m.weight.flatten()
            for m in model.modules()
            if isinstance(m, torch.nn.Conv2d)
        ]
    )
    assert weights.std().item() == pytest.approx(0.001, rel=0.01)

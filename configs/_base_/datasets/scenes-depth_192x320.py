# Depth of the built-in scenes, 320x192 images;
# tools/dataset_converters/scenes.py writes them. The sky has none.
dataset_type = 'ScenesDepthDataset'
data_root = 'data/scenes/'
max_depth = 80.0
crop_size = (192, 320)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=1, max_depth=max_depth),
    dict(type='RandomZoom', ratio_range=(1.0, 1.5)),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomGammaColor'),
    dict(type='PackDepthInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='LoadCheckedDepth', scale=1, max_depth=max_depth),
    dict(type='FreezeDepth'),
    dict(type='PackDepthInputs')
]
# --tta: three scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=1, max_depth=max_depth),
    dict(type='FreezeDepth'),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(type='RandomZoom', ratio_range=(scale, scale))
            for scale in (1.0, 1.25, 1.5)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ], [dict(type='PackDepthInputs')]])
]
train_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='images/train', depth_map_path='depth/train'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(img_path='images/val', depth_map_path='depth/val'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(
    type='MonoDepthMetric', min_depth=1e-3, max_depth=max_depth)
test_evaluator = val_evaluator
# --format-only; there is no server
submission = dict(
    evaluator=dict(type='MonoDepthMetric', max_depth=max_depth))

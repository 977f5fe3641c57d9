# NYU Depth v2; depths are 16-bit PNGs of metres * 1000. Trained inside the
# white border of the images, tested on whole ones and evaluated inside.
dataset_type = 'NYUDepthDataset'
data_root = 'data/nyu/'
max_depth = 10.0
crop_size = (416, 544)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=1000, max_depth=max_depth),
    dict(type='CropWindow', rows=(45, 472), columns=(43, 608)),
    # 0 is no depth: what is turned in counts for nothing
    dict(
        type='RandomRotate', prob=0.5, degree=2.5, pad_val=0, seg_pad_val=0),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomGammaColor', brightness=(0.75, 1.25)),
    dict(type='PackDepthInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='LoadCheckedDepth', scale=1000, max_depth=max_depth),
    dict(type='FreezeDepth'),
    dict(type='PackDepthInputs')
]
# --tta: three scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=1000, max_depth=max_depth),
    dict(type='FreezeDepth'),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(type='RandomZoom', ratio_range=(scale, scale))
            for scale in (1.0, 0.9, 1.1)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ], [dict(type='PackDepthInputs')]])
]
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='nyudepthv2_train_files_with_gt.txt',
        data_prefix=dict(img_path='sync', depth_map_path='sync'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='nyudepthv2_test_files_with_gt.txt',
        data_prefix=dict(
            img_path='official_splits/test',
            depth_map_path='official_splits/test'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(
    type='MonoDepthMetric', min_depth=1e-3, max_depth=max_depth, crop='nyu')
test_evaluator = val_evaluator
# --format-only; there is no server
submission = dict(
    evaluator=dict(type='MonoDepthMetric', max_depth=max_depth))

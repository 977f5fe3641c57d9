# KITTI with the split of Eigen et al.; depths are 16-bit PNGs of metres * 256.
# Images and maps are cut to their bottom middle, 352x1216.
dataset_type = 'KITTIDepthDataset'
data_root = 'data/kitti/'
max_depth = 80.0
crop_size = (352, 704)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=256, max_depth=max_depth),
    dict(type='CropKITTI'),
    # 0 is no depth: what is turned in counts for nothing
    dict(
        type='RandomRotate', prob=0.5, degree=1.0, pad_val=0, seg_pad_val=0),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomGammaColor', brightness=(0.9, 1.1)),
    dict(type='PackDepthInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='LoadCheckedDepth', scale=256, max_depth=max_depth),
    dict(type='CropKITTI'),
    dict(type='FreezeDepth'),
    dict(type='PackDepthInputs')
]
# --tta: three scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=256, max_depth=max_depth),
    dict(type='CropKITTI'),
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
        ann_file='eigen_train_files_with_gt.txt',
        data_prefix=dict(img_path='input', depth_map_path='gt_depth'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='eigen_test_files_with_gt.txt',
        data_prefix=dict(img_path='input', depth_map_path='gt_depth'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(
    type='MonoDepthMetric', min_depth=1e-3, max_depth=max_depth, crop='garg')
test_evaluator = val_evaluator
# --format-only: what the server takes, of the images that it publishes
submission = dict(
    dataset=dict(
        type='NumpyDepthDataset',
        ann_file='',
        data_prefix=dict(
            img_path='depth_selection/test_depth_prediction_anonymous/image',
            depth_map_path=None)),
    evaluator=dict(type='MonoDepthMetric', max_depth=max_depth))

# CenterNet (Objects as Points) on HRNetV2: one map at stride 4 of all
# resolutions.
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='CenterNet',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=32),
    backbone=dict(
        type='NearestHRNet', arch='w18', norm_cfg=norm_cfg, norm_eval=False),
    neck=dict(
        type='HRNetV2',
        in_channels=[18, 36, 72, 144],
        out_channels=256,
        norm_cfg=norm_cfg,
        act_cfg=dict(type='ReLU')),
    bbox_head=dict(
        type='Float32CenterNetHead',
        num_classes=80,
        in_channels=256,
        feat_channels=256,
        loss_center_heatmap=dict(type='GaussianFocalLoss', loss_weight=1.0),
        loss_wh=dict(type='L1Loss', loss_weight=0.1),
        loss_offset=dict(type='L1Loss', loss_weight=1.0)),
    train_cfg=None,
    test_cfg=dict(topk=100, local_maximum_kernel=3, max_per_img=100))

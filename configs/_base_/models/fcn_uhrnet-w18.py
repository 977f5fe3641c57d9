# U-HRNet-W18 with the head of the original: the five maps resized to stride 4
# and concatenated, one 1x1 convolution to mix them, one to classify.
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='StreamingEncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        # Of the original, for RGB in 0-255. Not the statistics of ImageNet.
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(type='UHRNet', arch='w18', norm_cfg=norm_cfg),
    decode_head=dict(
        type='TiledFCNHead',
        in_channels=[9, 18, 36, 72, 144],
        in_index=[0, 1, 2, 3, 4],
        input_transform='resize_concat',
        channels=279,
        kernel_size=1,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0,
        num_classes=19,
        norm_cfg=norm_cfg,
        align_corners=False,
        # averaged over the pixels that have a class, as the original does
        loss_decode=dict(
            type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=1.0)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))

# HRNetV2-W48 with object-contextual representations, OCR (arXiv 1909.11065):
# the plain head draws soft object regions, from which the second head gathers
# context. Channels, dropout and the losses' weights are those of
# HRNet-Semantic-Segmentation, branch HRNet-OCR. The authors upsample these
# models with align_corners=True, and all others, as here, with False.
_base_ = './fcn_hrnet-w48.py'
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='StreamingCascadeEncoderDecoder',
    num_stages=2,
    decode_head=[
        dict(
            type='TiledFCNHead',
            in_channels=[48, 96, 192, 384],
            in_index=[0, 1, 2, 3],
            input_transform='resize_concat',
            channels=720,
            kernel_size=1,
            num_convs=1,
            concat_input=False,
            dropout_ratio=0,
            num_classes=19,
            norm_cfg=norm_cfg,
            align_corners=False,
            loss_decode=dict(
                type='CrossEntropyLoss',
                avg_non_ignore=True,
                loss_weight=0.4)),
        dict(
            type='TiledOCRHead',
            in_channels=[48, 96, 192, 384],
            in_index=[0, 1, 2, 3],
            input_transform='resize_concat',
            channels=512,
            ocr_channels=256,
            dropout_ratio=0.05,
            num_classes=19,
            norm_cfg=norm_cfg,
            align_corners=False,
            loss_decode=dict(
                type='CrossEntropyLoss',
                avg_non_ignore=True,
                loss_weight=1.0))
    ])

# MMSegmentation's for ConvNeXt; for its mixed precision, --amp.
_base_ = './adamw_poly_160k.py'
optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW', lr=1e-4, betas=(0.9, 0.999), weight_decay=0.05),
    constructor='LearningRateDecayOptimizerConstructor',
    paramwise_cfg=dict(
        decay_rate=0.9, decay_type='stage_wise', num_layers=6))

# What every detection run needs besides data, model and schedule.
default_scope = 'mmdet'
custom_imports = dict(
    imports=['uhrnet.detection'], allow_failed_imports=False)
env_cfg = dict(
    cudnn_benchmark=False,  # images have many sizes
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
randomness = dict(seed=0)
custom_hooks = [
    dict(type='CheckpointFitHook'),
    dict(type='NumClassCheckHook'),
    dict(type='FiniteHook'),
    dict(type='PreemptionHook'),
    dict(type='ExamplePredictionsHook'),
    dict(type='ProgressHook')
]
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='DetLocalVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(by_epoch=True, window_size=50)
log_level = 'INFO'
load_from = None
resume = False

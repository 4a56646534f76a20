using System.Collections.Frozen;

namespace Nonet.Recipes.Yaml;

/// <summary>Names in transformers, nanoGPT, llama2.c, Megatron and fairseq for keys that have other names in a recipe.</summary>
static class Synonyms
{
    /// <summary>One line per option: the name here, or several of which a section has one, and the names elsewhere.</summary>
    const string Table = """
        kind: model_type type arch architecture architectures model
        model: kind type model_type tokenizer_type tokenizer_model
        layers encoder_layers: num_hidden_layers n_layers n_layer num_layers depth n_blocks num_blocks blocks
        encoder_layers: num_encoder_layers enc_layers n_encoder_layers
        decoder_layers: num_decoder_layers dec_layers n_decoder_layers
        width: d_model n_embd n_embed hidden_size dim d embed_dim embedding_dim embedding_size emb_dim model_dim hidden_dim
        heads: num_attention_heads n_head n_heads num_heads nhead attention_heads encoder_attention_heads
        kv_heads: num_key_value_heads n_kv_heads n_kv_head num_kv_heads kv_head multi_query_group_num
        head_width: head_dim d_head head_size d_kv
        key_width: d_k d_key head_dim
        hidden: intermediate_size d_ff ff_dim ffn_dim n_inner ffn_hidden_size dim_feedforward mlp_dim encoder_ffn_dim decoder_ffn_dim
        context length max_length: max_position_embeddings n_positions n_ctx block_size seq_len seq_length max_seq_len max_seq_length max_sequence_length context_length context_size sequence_length ctx
        vocab: vocab_size n_vocab padded_vocab_size vocabulary
        rope_base: rope_theta rotary_base rotary_emb_base theta
        local_rope_base: rope_local_base_freq
        rotary_width: rotary_dim
        epsilon: layer_norm_epsilon layer_norm_eps rms_norm_eps norm_eps norm_epsilon eps adam_epsilon adam_eps
        dropout: resid_pdrop embd_pdrop hidden_dropout_prob hidden_dropout dropout_rate drop
        attention_dropout: attn_pdrop attention_probs_dropout_prob attn_dropout
        tied: tie_word_embeddings tie_embeddings tied_embeddings weight_tying tie_weights
        window band: sliding_window window_size attention_window
        segments: type_vocab_size num_token_types
        activation: activation_function hidden_act act_fn act
        steps epochs: max_steps max_iters num_steps n_steps train_steps training_steps total_steps iterations iters num_iterations max_updates total_num_update updates epochs
        epochs steps: num_train_epochs num_epochs n_epochs max_epochs epoch steps
        batch batch_tokens: batch_size train_batch_size per_device_train_batch_size micro_batch_size device_batch_size mbs bs batch_tokens sentences
        batch_tokens: max_tokens tokens_per_batch batch
        accumulate: gradient_accumulation_steps gradient_accumulation grad_accum grad_accum_steps accumulation_steps accumulate_grad_batches update_freq
        learning_rate: lr max_lr peak_lr base_lr lr_max learning_rate_max
        warmup warmup_share: warmup_steps warmup_iters num_warmup_steps lr_warmup_steps warmup_updates warm_up lr_warmup_iters warmup warmup_share
        warmup_share warmup: warmup_ratio warmup_fraction warmup_proportion
        schedule: lr_scheduler_type lr_scheduler scheduler lr_schedule lr_decay_style scheduler_type learning_rate_schedule
        floor: min_lr min_lr_ratio lr_min end_lr final_lr learning_rate_min
        decay: decay_frac decay_fraction cooldown warmdown_ratio
        clip: grad_clip max_grad_norm gradient_clip gradient_clipping clip_grad clip_norm gradient_clip_val max_norm
        weight_decay: wd l2 decay_rate
        beta1: adam_beta1 b1
        beta2: adam_beta2 b2
        adamw: optimizer optim adam
        seed: random_seed rng_seed manual_seed data_seed
        ema_decay: ema ema_beta
        z_loss: z_loss_weight z_loss_coef zloss
        gradient_checkpointing: activation_checkpointing recompute use_gradient_checkpointing checkpoint_activations
        evaluate_every: eval_steps eval_interval eval_every eval_freq evaluation_interval val_interval val_check_interval
        save_every: save_steps save_interval checkpoint_every save_freq ckpt_interval checkpoint_interval
        report_every: logging_steps log_interval log_every print_every logging_interval log_freq
        keep: save_total_limit keep_last max_checkpoints keep_checkpoints
        sample_every: sample_interval generate_every
        sample_temperature: temperature temp
        sample_tokens: max_new_tokens max_tokens num_tokens
        path sources: dataset dataset_path dataset_name data_path data_dir file files input train_file
        field text: text_column text_field column content_field
        validation held_out: val validation_split val_split test_size eval_split valid_fraction val_fraction held_out_fraction dev
        smoothing: label_smoothing label_smoothing_factor
        rank: r lora_r lora_rank
        alpha: lora_alpha
        projections: target_modules modules targets
        rate: mlm_probability masked_lm_prob mask_prob mask_probability mlm_prob
        most_predictions: max_predictions_per_seq
        duplicates: dupe_factor
        short_probability: short_seq_prob
        stride: doc_stride
        max_question: max_query_length
        label: label_column target labels
        from: model_name_or_path pretrained base_model init_from model checkpoint pretrained_model
        lower_case: do_lower_case lowercase
        min_frequency: min_freq min_count
        special: special_tokens
        memory_mb: memory max_memory
        """;

    static readonly FrozenDictionary<string, string[]> ours = Table.Split('\n')
        .Select(line => line.Split(':')).SelectMany(line => Words(line[1]).Select(other => (Other: other, Ours: Words(line[0]))))
        .GroupBy(pair => pair.Other, StringComparer.Ordinal)
        .ToFrozenDictionary(group => group.Key, group => group.SelectMany(pair => pair.Ours).ToArray(), StringComparer.Ordinal);

    /// <summary>The known name with the same meaning; null if there is none. Dashes and case are ignored.</summary>
    public static string? Of(string name, IReadOnlyCollection<string> known) =>
        ours.TryGetValue(name.Replace('-', '_').ToLowerInvariant(), out var names) ? Array.Find(names, known.Contains) : null;

    static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

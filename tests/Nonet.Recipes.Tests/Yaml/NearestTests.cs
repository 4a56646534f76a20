using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Tests.Yaml;

public class NearestTests
{
    static readonly string[] model =
        ["kind", "vocab", "context", "layers", "width", "heads", "kv_heads", "head_width", "hidden", "epsilon", "rope_base", "tied"];

    static readonly string[] training =
        ["steps", "batch", "length", "batch_ramp", "z_loss", "accumulate", "learning_rate", "warmup", "schedule", "decay", "floor", "adamw", "muon",
            "ema_decay", "clip", "seed", "evaluate_every", "save_every"];

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("steps", "steps", 0)]
    [InlineData("kitten", "sitting", 3)] // k to s, e to i, g added
    [InlineData("setps", "steps", 1)] // neighbours swapped
    [InlineData("batch_size", "batch", 5)]
    public void Distance_counts_single_edits(string a, string b, int edits)
    {
        Assert.Equal(edits, Nearest.Distance(a, b));
        Assert.Equal(edits, Nearest.Distance(b, a));
    }

    [Fact]
    public void The_nearest_name_is_found() => Assert.Equal("learning_rate", Nearest.Of("lerning_rte", training));

    [Theory]
    [InlineData("lr", "learning_rate"), InlineData("batch_size", "batch"), InlineData("max_steps", "steps"), InlineData("epochs", "steps"),
        InlineData("num_train_epochs", "steps")]
    [InlineData("warmup_steps", "warmup"), InlineData("warmup_ratio", "warmup"), InlineData("gradient-accumulation-steps", "accumulate"),
        InlineData("max_grad_norm", "clip"), InlineData("LR", "learning_rate")]
    [InlineData("min_lr", "floor"), InlineData("block_size", "length"), InlineData("optimizer", "adamw"), InlineData("eval_interval", "evaluate_every")]
    public void A_synonym_of_the_field_is_known_in_training(string name, string? known) => Assert.Equal(known, Nearest.Of(name, training));

    [Theory]
    [InlineData("d_model", "width"), InlineData("n_layer", "layers"), InlineData("num_attention_heads", "heads"), InlineData("hidden_size", "width"),
        InlineData("intermediate_size", "hidden")]
    [InlineData("num_key_value_heads", "kv_heads"), InlineData("max_position_embeddings", "context"), InlineData("vocab_size", "vocab"),
        InlineData("rope_theta", "rope_base"), InlineData("model_type", "kind")]
    [InlineData("rms_norm_eps", "epsilon"), InlineData("tie_word_embeddings", "tied"), InlineData("head_dim", "head_width")]
    public void A_synonym_of_the_field_is_known_in_the_model(string name, string known) => Assert.Equal(known, Nearest.Of(name, model));

    [Fact]
    public void Of_two_meanings_the_one_that_the_section_has_is_offered()
    {
        Assert.Equal("warmup_share", Nearest.Of("warmup_steps", ["epochs", "batch", "warmup_share"]));
        Assert.Equal("epochs", Nearest.Of("max_steps", ["epochs", "batch", "warmup_share"]));
        Assert.Equal("batch_tokens", Nearest.Of("batch_size", ["steps", "batch_tokens"]));
    }

    [Theory]
    [InlineData("colour"), InlineData("x"), InlineData("flash_attention")]
    public void A_name_that_comes_near_nothing_gets_no_hint(string name) => Assert.Null(Nearest.Of(name, training));
}

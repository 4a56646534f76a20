namespace Nonet.Data.Mixtures;

/// <summary>Published mixtures.</summary>
public enum MixturePreset
{
    /// <summary>The mixture of the scaling curves and ablations of Chung et al. 2022: Muffin 52 %, T0-SF 15 %, CoT 3 %, NIV2 30 %.</summary>
    PaperA,

    /// <summary>The mixture of the released Flan-T5 and Flan-PaLM models: Muffin 46.0 %, T0-SF 27.9 %, CoT 1.8 %, NIV2 24.2 %.</summary>
    PaperB,

    /// <summary>The released Flan Collection: Flan 2021 40 %, T0 32 %, NIV2 20 %, CoT 5 %, dialog 3 %. Longpre et al. 2023.</summary>
    FlanCollection,
}

/// <summary>Settings of a sub-mixture in a preset.</summary>
sealed record PresetSubmixture(string Name, double Weight, int Cap, double Inverted = 0, double AnswerOptions = 0.5);

/// <summary>Weights, caps and limits of published mixtures.</summary>
static class MixturePresets
{
    static readonly PresetSubmixture[] paperA = [new("muffin", 52, 30_000), new("t0_sf", 15, 20_000), new("cot", 3, 100_000), new("niv2", 30, 5_000)];
    static readonly PresetSubmixture[] paperB = [new("muffin", 46.0, 30_000), new("t0_sf", 27.9, 20_000), new("cot", 1.8, 100_000), new("niv2", 24.2, 5_000)];

    // CoT, NIV2 and dialog have no variant without answer options
    static readonly PresetSubmixture[] collection =
    [
        new("flan2021", 40, 30_000), new("t0", 32, 20_000), new("niv2", 20, 5_000, AnswerOptions: 1), new("cot", 5, 100_000, Inverted: 0.3, AnswerOptions: 1),
        new("dialog", 3, 200_000, Inverted: 0.3, AnswerOptions: 1),
    ];

    static PresetSubmixture[] Of(MixturePreset preset) => preset switch { MixturePreset.PaperA => paperA, MixturePreset.PaperB => paperB, _ => collection };

    public static PresetSubmixture? Of(MixturePreset preset, string name) => Array.Find(Of(preset), s => s.Name == name);

    public static IEnumerable<string> Names(MixturePreset preset) => Of(preset).Select(s => s.Name);

    /// <summary>Largest numbers of tokens in an input, in a target, and in a prompt with exemplars.</summary>
    public static (int? Input, int? Target, int? FewShot) Limits(MixturePreset preset) =>
        preset == MixturePreset.FlanCollection ? (2048, 512, 1920) : (null, null, null);
}

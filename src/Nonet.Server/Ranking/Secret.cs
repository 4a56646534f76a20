using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Nonet.Server.Ranking;

/// <summary>Random secrets that give access. Only their digests are stored: 256 random bits need no salt and no slow hash.</summary>
static class Secret
{
    const int Bytes = 32;

    /// <summary>Creates a secret in the alphabet of URLs.</summary>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Digest of a secret, as it is stored.</summary>
    public static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether a secret has a digest. The time does not depend on where they differ.</summary>
    public static bool Matches(string secret, string digest) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Digest(secret)), Encoding.UTF8.GetBytes(digest));
}

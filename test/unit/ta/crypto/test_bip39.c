/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "common/attr.h"
#include "common/sha256.h"
#include "ta/crypto/bip39.h"
#include "ta/crypto/pbkdf2.h"
#include "test/unit/seed.h"

/* The 256-bit rows of vectors.json, which BIP-39 refers to. */
static const struct {
	const char *entropy;
	const char *text;
	const char *seed; /* with the passphrase TREZOR */
} published[] = {
	{ "0000000000000000000000000000000000000000000000000000000000000000",
	  "abandon abandon abandon abandon abandon abandon abandon "
	  "abandon abandon abandon abandon abandon abandon abandon "
	  "abandon abandon abandon abandon abandon abandon abandon "
	  "abandon abandon art",
	  "bda85446c68413707090a52022edd26a1c9462295029f2e60cd7c4f2bbd30971"
	  "70af7a4d73245cafa9c3cca8d561a7c3de6f5d4a10be8ed2a5e608d68f92fcc8" },
	{ "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
	  "legal winner thank year wave sausage worth useful legal winner "
	  "thank year wave sausage worth useful legal winner thank year "
	  "wave sausage worth title",
	  "bc09fca1804f7e69da93c2f2028eb238c227f2e9dda30cd63699232578480a40"
	  "21b146ad717fbb7e451ce9eb835f43620bf5c514db0f8add49f5d121449d3e87" },
	{ "8080808080808080808080808080808080808080808080808080808080808080",
	  "letter advice cage absurd amount doctor acoustic avoid letter "
	  "advice cage absurd amount doctor acoustic avoid letter advice "
	  "cage absurd amount doctor acoustic bless",
	  "c0c519bd0e91a2ed54357d9d1ebef6f5af218a153624cf4f2da911a0ed8f7a09"
	  "e2ef61af0aca007096df430022f7a2b6fb91661a9589097069720d015e4e982f" },
	{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	  "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
	  "zoo zoo zoo zoo zoo zoo zoo zoo vote",
	  "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e16"
	  "13912f0a5b694407be899ffd31ed3992c456cdf60f5d4564b8ba3f05a69890ad" },
	{ "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
	  "hamster diagram private dutch cause delay private meat slide "
	  "toddler razor book happy fancy gospel tennis maple dilemma "
	  "loan word shrug inflict delay length",
	  "64c87cde7e12ecf6704ab95bb1408bef047c22db4cc7491c4271d170a1b213d2"
	  "0b385bc1588d9c7b38f1b39d415665b8a9030c9ec653d75e65f847d8fc1fc440" },
	{ "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
	  "panda eyebrow bullet gorilla call smoke muffin taste mesh "
	  "discover soft ostrich alcohol speed nation flash devote level "
	  "hobby quick inner drive ghost inside",
	  "72be8e052fc4919d2adf28d5306b5474b0069df35b02303de8c1729c9538dbb6"
	  "fc2d731d5f832193cd9fb6aeecbc469594a70e3dd50811b5067f3b88b28c3e8d" },
	{ "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
	  "all hour make first leader extend hole alien behind guard "
	  "gospel lava path output census museum junior mass reopen "
	  "famous sing advance salt reform",
	  "26e975ec644423f4a4c4f4215ef09b4bd7ef924e85d1d17c4cf3f136c2863cf6"
	  "df0a475045652c57eb5fb41513ca2a2d67722b77e954b4b3fc11f7590449191d" },
	{ "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
	  "void come effort suffer camp survey warrior heavy shoot "
	  "primary clutch crush open amazing screen patrol group space "
	  "point ten exist slush involve unfold",
	  "01f5bced59dec48e362f2c45b5de68b9fd6c92c6634f44d6d40aab69056506f0"
	  "e35524a518034ddc1192e1dacd32c1ed3eaa3c3b131c88ed8e7e54c49a5d0998" },
};

/* Entropy: SHA-256 of "teekms wallet 0", "... 1", ...; no passphrase. Computed
 * with @scure/bip39 1.6. */
static const struct {
	const char *entropy;
	const char *seed;
} computed[] = {
	{ "d2ea116fc9e242fd3fde936bdffb53353d2c632b24c1d279a2d290b8bbea47c5",
	  "3887a3c26a3abb440729785729fb2a11d3390f9e6a94e247c071bb0a14a1fb17"
	  "79c845137181316d61d58efa2f5c9c626af7ac4d2584360496566a7d8f86eae1" },
	{ "6694f60e8ec95bb84347dfe4adc970b4aa5dc26cc2ab2022ba18896780dd07c0",
	  "54e7837932a317b4cfe7c757c69b317c5434966feb3bb0b529c32b7786f5df37"
	  "363db41883216b7ef7bf276dc6e988eb691879cff8d50c89879d19a92e0edcd3" },
	{ "f16f007068a0a06d1bcfeaae941ee55bc3944876affc3bee4ebfb85445f6566f",
	  "ffc457ad820e0f90385287eee1900ad9b84249bdf7ec3145f73b92a5c0d56fe0"
	  "5e4250e22a44c6126b2bc85ec34b72dcd63e7e78c6d8a95295da8bdd5177452b" },
	{ "aee83ef3024337e5f569bc15df91114db09b210cc9f5280b67e675ecf8c17525",
	  "ae41ee60e9a1c3254d3ae3961a6644ba4ebb2f4c682c5626710ca07497f1f677"
	  "ce7c15673b42c506f4539f3d08706e5d376168550baed494979554d95adca7eb" },
	{ "b5323e1d68198a15c2b2361102c9202bba2103d0ceed2bfc22dc950ce30a6692",
	  "0723954288ab6a0f3d2f06c7182f9f89c0e1d7573be4b25c10702659117fc03f"
	  "82f26bf73d48365f48418c606e6b65d9a2505d8dd1859d2bd2709097b553b9ac" },
	{ "224e2312b0b77fffc9df1be8a5bd141109d3133f3052116cb49706c1d3559719",
	  "68ce860b3e688be2f4f1a6fa0e825dc9aa09f5f8e343ea90b316ce84db03cc93"
	  "e9f3115ff9cc30a1e71631d4bde5b2c60e1acc6ad201b158f7b311e262b7cdfa" },
	{ "90453740f490916b901f7c3d4e8c85cad8eef335004f78fe65d85f66c2945344",
	  "edba940ee8e621630ae8363e3241f56d2a5c6e5ca8c658db5c5b4d2545082edc"
	  "c0765454246dfd061800db6c5a05237c34ad31236239e76fc8659db2583eea70" },
	{ "f14d418c1aaadd79cceee48b1e4905e3bfedf623f227684feb003df7617cac4c",
	  "2ae71cbdef309da27e8d13eb6d71115fc21ed22e750a76995d9512d7da80307b"
	  "d14909d6003b55be253e83ee7d771ab9802a79e5c7f7d93f0162cdd72f562156" },
};

static size_t word_len(size_t number)
{
	const char *word = bip39_words + number * BIP39_WORD_MAX;
	size_t len = BIP39_WORD_MAX;

	while (word[len - 1] == ' ')
		len--;
	return len;
}

static void the_list_is_that_of_the_bip(void **state KMS_UNUSED)
{
	struct sha256 s;
	uint8_t hash[SHA256_LEN];
	size_t i = 0;

	sha256_init(&s);
	for (i = 0; i < BIP39_WORD_COUNT; i++) {
		sha256_update(&s, bip39_words + i * BIP39_WORD_MAX,
			      word_len(i));
		sha256_update(&s, "\n", 1);
	}
	sha256_final(&s, hash);
	assert_hex(hash, sizeof(hash),
		   "2f5eed53a4727b4bf8880d8f3f199efc"
		   "90e58503646d9ff8eff3a2ed3b24dbda");
}

static void texts_and_seeds_are_those_of_the_vectors(void **state KMS_UNUSED)
{
	static const char salt[] = "mnemonicTREZOR";
	struct bip39_mnemonic m;
	struct secret32 entropy;
	uint8_t seed[64];
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(published); i++) {
		from_hex(entropy.b, sizeof(entropy.b), published[i].entropy);
		bip39_mnemonic(&m, &entropy);
		assert_int_equal(m.len, strlen(published[i].text));
		assert_memory_equal(m.text, published[i].text, m.len);
		pbkdf2_sha512(seed, sizeof(seed), bytes_of(m.text, m.len),
			      bytes_of(salt, sizeof(salt) - 1), 2048);
		assert_hex(seed, sizeof(seed), published[i].seed);
	}
}

static void seeds_are_those_that_other_wallets_make(void **state KMS_UNUSED)
{
	struct secret32 entropy;
	struct secret64 seed;
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(computed); i++) {
		from_hex(entropy.b, sizeof(entropy.b), computed[i].entropy);
		bip39_seed(&seed, &entropy);
		assert_hex(seed.b, sizeof(seed.b), computed[i].seed);
	}
}

/* The number of the word at *text, which is moved behind the word's blank. */
static uint32_t read_word(const uint8_t **text, const uint8_t *end)
{
	const uint8_t *at = *text;
	uint32_t number = 0;
	size_t len = 0;

	while (at + len < end && at[len] != ' ')
		len++;
	for (number = 0; number < BIP39_WORD_COUNT; number++)
		if (word_len(number) == len &&
		    !memcmp(bip39_words + number * BIP39_WORD_MAX, at, len))
			break;
	assert_true(number < BIP39_WORD_COUNT);
	*text = at + len + (at + len < end);
	return number;
}

static void set_bits(uint8_t *bits, size_t word, uint32_t number)
{
	size_t at = 0;
	size_t i = 0;

	for (i = 0; i < 11; i++) {
		at = word * 11 + i;
		if (number & (1024u >> i))
			bits[at / 8] |= (uint8_t)(0x80 >> at % 8);
	}
}

/* The way back, as a wallet goes it that is given the words. */
static void check_way_back(const struct secret32 *entropy)
{
	struct bip39_mnemonic m;
	const uint8_t *at = m.text;
	uint8_t bits[33] = { 0 };
	uint8_t hash[SHA256_LEN];
	size_t i = 0;

	bip39_mnemonic(&m, entropy);
	for (i = 0; i < BIP39_WORDS; i++)
		set_bits(bits, i, read_word(&at, m.text + m.len));
	assert_ptr_equal(at, m.text + m.len);
	assert_memory_equal(bits, entropy->b, sizeof(entropy->b));
	sha256_once(hash, entropy->b, sizeof(entropy->b));
	assert_int_equal(bits[32], hash[0]);
}

static void the_words_give_back_the_entropy(void **state KMS_UNUSED)
{
	struct prng p = prng_start();
	struct secret32 entropy;
	size_t i = 0;

	for (i = 0; i < 200; i++) {
		prng_fill(&p, entropy.b, sizeof(entropy.b));
		check_way_back(&entropy);
	}
}

static void every_word_of_the_list_can_occur(void **state KMS_UNUSED)
{
	uint8_t bits[33];
	struct secret32 entropy;
	uint32_t first = 0;
	uint32_t i = 0;

	for (first = 0; first < BIP39_WORD_COUNT; first += 23) {
		memset(bits, 0, sizeof(bits));
		for (i = 0; i < 23; i++)
			set_bits(bits, i, (first + i) % BIP39_WORD_COUNT);
		memcpy(entropy.b, bits, sizeof(entropy.b));
		check_way_back(&entropy);
	}
}

/* "acoustic" 23 times, and the checksum happens to make "decrease". */
static void the_longest_text_fits(void **state KMS_UNUSED)
{
	struct bip39_mnemonic m;
	struct secret32 entropy;

	from_hex(entropy.b, sizeof(entropy.b),
		 "0200400801002004008010020040080100200400801002004008010020040"
		 "081");
	bip39_mnemonic(&m, &entropy);
	assert_int_equal(m.len, BIP39_TEXT_MAX);
	assert_memory_equal(m.text + m.len - 17, "acoustic decrease", 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_that_of_the_bip),
		cmocka_unit_test(texts_and_seeds_are_those_of_the_vectors),
		cmocka_unit_test(seeds_are_those_that_other_wallets_make),
		cmocka_unit_test(the_words_give_back_the_entropy),
		cmocka_unit_test(every_word_of_the_list_can_occur),
		cmocka_unit_test(the_longest_text_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

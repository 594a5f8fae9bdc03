/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo_ta - a TA that holds nothing and does what its caller asks it to
 */

#ifndef KMS_TEST_ECHO_TA_H
#define KMS_TEST_ECHO_TA_H

enum echo_cmd {
	ECHO_BACK = 1,	 /* p1 = p0, p3 = p2 */
	ECHO_RESULT = 2, /* ends with the TEE_Result in p0, u32 */
	ECHO_HANG = 3,	 /* never returns */
	ECHO_SOCKET = 4, /* the forbidden ones return when they may */
	ECHO_FORK = 5,
	ECHO_EXEC = 6,
	ECHO_EXEC_MEMORY = 7,
	ECHO_OPEN_OUTSIDE = 8,
	ECHO_KILL_PARENT = 9,
	ECHO_OPEN_STATE = 10, /* writes the file "mark" in the state folder */
	ECHO_WATCH = 11,      /* p1 = p0[0] now, and once it has changed */
	ECHO_LIE = 12,	      /* claims more output than there is room */
	ECHO_SAY = 13,	      /* p0 to stderr */
	ECHO_LIST_STATE = 14, /* opens the state folder itself */
};

#endif /* KMS_TEST_ECHO_TA_H */
